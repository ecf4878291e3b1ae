#include "ops/cli/running_instance.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <utility>

#include "base/clock.hpp"
#include "base/json_reading.hpp"
#include "ops/instance/internal_client.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/ports.hpp"

namespace sportapp::cli {
namespace {

namespace json = boost::json;
using instance::InstanceProcess;
using instance::ProcessState;

constexpr int kInstancePollMs = 50;
constexpr int kInstanceAnswerMs = 2000;
constexpr int kBackMs = 120'000;
constexpr int kSwitchedMs = 30'000;

// What a service process says against itself; empty when it serves.
std::string service_trouble(const instance::Instance& instance, const InstanceProcess& process) {
  instance::InternalClient client(instance, process, kInstanceAnswerMs);
  const auto ready = client.get("/health/ready");
  if (!ready) return ready.error().what;
  if (ready->status != 200) return ready->body;
  if (process.side != "queries") return {};
  const auto status = client.get("/internal/status");
  if (!status) return status.error().what;
  const auto said = parse_object(status->body);
  const auto state = said ? text_in(*said, "state") : std::nullopt;
  if (!state) return "it tells no state";
  return *state == "in-sync" ? "" : *state;
}

std::string error_in(const http::ClientResponse& answer) {
  const auto said = parse_object(answer.body).value_or(json::object());
  for (const auto* name : {"error", "detail"}) {
    if (const auto error = text_in(said, name)) return *error;
  }
  return fmt::format("the monitor answers {} {}", answer.status, answer.body);
}

}  // namespace

RunningInstance::RunningInstance(instance::Instance instance, std::filesystem::path control)
    : instance_(std::move(instance)), control_(std::move(control)) {}

Result<RunningInstance> RunningInstance::find(const std::string& data) {
  auto instance = instance::read_instance(data);
  if (!instance) return instance.error();
  auto control = instance::Layout{instance->data}.control_socket();
  return RunningInstance(std::move(*instance), std::move(control));
}

Result<const ControlClient*> RunningInstance::control() const {
  if (!instance_.apart) return &control_;
  return Error{
      Retry::kNever,
      "each process of this instance has a supervisor of its own (sportapp run); start and stop them where "
      "they were started: docker-compose restart NAME, systemctl restart sportapp@NAME"};
}

Result<InstanceProcess> RunningInstance::process(const std::string& name) const {
  const auto now = instance::read_instance(instance_.data);
  if (!now) return now.error();
  if (const auto* found = supervisor::find_process(*now, name)) return *found;
  std::string names;
  for (const auto& one : now->processes) names += (names.empty() ? "" : ", ") + one.name;
  return Error{Retry::kNever, fmt::format("unknown process '{}'; known: {}", name, names)};
}

Result<supervisor::FailoverView> RunningInstance::failover() const {
  return supervisor::ask_failover(instance_);
}

Result<supervisor::ServiceView> RunningInstance::service(const std::string& name) const {
  const auto view = failover();
  if (!view) return view.error();
  if (const auto* found = view->find(name)) return *found;
  return Error{Retry::kNever,
               fmt::format("no node of {} can take another's place in this instance; set spares = 1 "
                           "below [services] in DATA/sportapp.toml, and restart it",
                           name)};
}

Result<void> RunningInstance::wait(int bound_ms, const Missing& missing) {
  const SystemClock clock;
  const auto deadline = clock.monotonic_ms() + bound_ms;
  for (auto why = missing(); !why.empty(); why = missing()) {
    if (clock.monotonic_ms() > deadline) return Error{Retry::kLater, why};
    ::usleep(kInstancePollMs * 1000);
  }
  return {};
}

std::string RunningInstance::missing(const std::string& name) const {
  const auto now = process(name);
  if (!now) return now.error().what;
  if (now->state != ProcessState::kRunning) return fmt::format("{} is {}", name, to_string(now->state));
  if (now->service.empty()) {
    return instance::listens(now->host, now->port) ? "" : name + " does not listen";
  }
  if (const auto trouble = service_trouble(instance_, *now); !trouble.empty()) return name + ": " + trouble;
  if (now->link_port == 0) return {};
  const auto view = service(now->service);
  if (!view) return view.error().what;
  if (!view->serving) return now->service + " has no primary that takes commands";
  return view->has_in_sync(now->node) ? "" : name + " is not in sync yet";
}

Result<void> RunningInstance::restart_and_wait(const std::string& name) const {
  const auto before = process(name);
  if (!before) return before.error();
  const auto supervisor = control();
  if (!supervisor) return supervisor.error();
  if (auto asked = (*supervisor)->restart(name); !asked) return asked;
  return wait(kBackMs, [&]() -> std::string {
    const auto now = process(name);
    if (now && now->id == before->id) return name + " has not ended yet";
    return missing(name);
  });
}

Result<void> RunningInstance::switch_over(const std::string& service_name, const std::string& to) const {
  const auto before = service(service_name);
  if (!before) return before.error();
  const auto* monitor = supervisor::find_process(instance_, "monitor");
  instance::InternalClient client(instance_, *monitor, kInstanceAnswerMs);
  json::object wish{{"service", service_name}};
  if (!to.empty()) wish["to"] = to;
  const auto answer = client.post("/internal/switchover", json::serialize(wish));
  if (!answer) return answer.error();
  if (answer->status != 202) return Error{Retry::kLater, error_in(*answer)};
  bool given_up = false;
  auto done = wait(kSwitchedMs, [&]() -> std::string {
    const auto now = service(service_name);
    if (!now) return now.error().what;
    if (now->primary != before->primary) return now->serving ? "" : now->primary + " has not begun yet";
    given_up = now->switchover.empty();
    return given_up ? "" : before->primary + " has not handed over yet";
  });
  if (!given_up) return done;
  return Error{Retry::kLater, "the monitor gave it up; see: sportapp events"};
}

int refuse(const Error& error, int exit_status) {
  fmt::print(stderr, "sportapp: {}\n", error.what);
  return exit_status;
}

}  // namespace sportapp::cli
