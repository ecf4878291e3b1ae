#include "lab/instance/instance.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "base/clock.hpp"
#include "base/control_client.hpp"
#include "base/files.hpp"
#include "base/json_reading.hpp"
#include "base/process/child.hpp"
#include "lab/instance/interruption.hpp"
#include "lab/instance/whereabouts.hpp"
#include "net/http/client.hpp"
#include "ops/instance/internal_client.hpp"
#include "ops/supervisor/leftovers.hpp"
#include "ops/supervisor/up.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using instance::ProcessState;

constexpr int kPollMs = 50;
constexpr int kAnswerMs = 1500;
constexpr int kEndMs = 30'000;  // longer than gateway, services and Redis may take one after the other
constexpr int kKilledMs = 10'000;
constexpr int kPortTries = 3;
constexpr std::size_t kLastLines = 12;

fs::path program_beside() {
  return fs::read_symlink("/proc/self/exe").parent_path() / "sportapp";
}

fs::path log_of(const fs::path& run) {
  return run / "instance.log";
}

// What a queries process has shown; nothing where it does not say.
std::optional<std::int64_t> position_of(const instance::Instance& instance,
                                        const instance::InstanceProcess& process) {
  instance::InternalClient client(instance, process, kAnswerMs);
  const auto answer = client.get("/internal/status");
  if (!answer || answer->status != 200) return std::nullopt;
  const auto said = parse_object(answer->body);
  return said ? number_in(*said, "position") : std::nullopt;
}

}  // namespace

Result<std::uint16_t> free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const bool found = fd >= 0 && ::bind(fd, plain, size) == 0 && ::getsockname(fd, plain, &size) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (found) return ntohs(address.sin_port);
  return Error{Retry::kLater, fmt::format("no port is free on 127.0.0.1: {}", std::strerror(error))};
}

instance::Layout InstanceUnderTest::layout(const fs::path& run) {
  return {instance::normal_folder(run / "data")};
}

InstanceUnderTest::InstanceUnderTest(Options options, std::uint16_t port)
    : options_(std::move(options)), layout_(layout(options_.run)), port_(port) {}

InstanceUnderTest::~InstanceUnderTest() {
  [[maybe_unused]] const auto ended = end();  // whoever wants to know calls it
}

Result<std::unique_ptr<InstanceUnderTest>> InstanceUnderTest::start(Options options,
                                                                    const std::stop_token& stop) {
  if (auto written = write_file(options.run / "sportapp.toml", options.settings); !written) {
    return written.error();
  }
  for (int tries = 1;; ++tries) {
    const auto port = free_port();
    if (!port) return port.error();
    std::unique_ptr<InstanceUnderTest> instance(new InstanceUnderTest(options, *port));
    if (auto launched = instance->launch(); !launched) return launched.error();
    const auto ready = instance->await(stop);
    if (ready) return instance;
    // Somebody may have taken the port meanwhile.
    if (tries == kPortTries || !instance->status_ || stop.stop_requested()) return ready.error();
  }
}

Result<void> InstanceUnderTest::launch() {
  process::Launch child;
  child.arguments = {"/usr/bin/env"};
  for (const auto& [name, value] : options_.environment) child.arguments.push_back(name + "=" + value);
  for (const auto& argument :
       {fs::read_symlink("/proc/self/exe").string(), std::string("up"), std::string("--data"),
        layout_.data.string(), std::string("--config"), fs::absolute(options_.run / "sportapp.toml").string(),
        std::string("--port"), std::to_string(port_), std::string("--ready-timeout"),
        std::to_string(options_.ready_s)}) {
    child.arguments.push_back(argument);
  }
  child.folder = fs::absolute(options_.run);
  child.stderr_log = fs::absolute(log_of(options_.run));
  child.death_signal = SIGTERM;
  const auto pid = process::launch(child);
  if (!pid) return pid.error();
  id_ = process::identify(*pid).value_or(process::ProcessId{*pid, 0});
  return {};
}

Result<void> InstanceUnderTest::await(const std::stop_token& stop) {
  const SystemClock clock;
  const auto deadline_ms = clock.monotonic_ms() + (options_.ready_s + 5) * 1000;
  std::string missing;
  do {
    if (has_ended()) {
      return Error{Retry::kLater, fmt::format("the instance under test {}; it said:\n{}",
                                              process::describe_end(*status_), last_words())};
    }
    missing = not_healthy();
    if (missing.empty()) missing = not_redundant();
    if (missing.empty()) return {};
    if (clock.monotonic_ms() > deadline_ms) {
      return Error{Retry::kLater,
                   fmt::format("the instance under test is not ready after {} s: {}; it said:\n{}",
                               options_.ready_s, missing, last_words())};
    }
  } while (pause(stop, kPollMs));
  return Error{Retry::kLater, "interrupted"};
}

bool InstanceUnderTest::has_ended() {
  int status = 0;
  if (!status_ && id_.pid != 0 && ::waitpid(id_.pid, &status, WNOHANG) == id_.pid) status_ = status;
  return status_.has_value();
}

std::string InstanceUnderTest::last_words() const {
  return fmt::format("{}", fmt::join(last_lines(log_of(options_.run), kLastLines), "\n"));
}

std::string InstanceUnderTest::not_healthy() const {
  http::Client client("127.0.0.1", port_, kAnswerMs);
  const auto answer = client.get("/health");
  if (!answer) return answer.error().what;
  return answer->status == 200 ? "" : fmt::format("/health: {} {}", answer->status, answer->body);
}

Result<instance::Instance> InstanceUnderTest::seen() const {
  return instance::read_instance(layout_.data);
}

Result<std::vector<TargetProcess>> InstanceUnderTest::who(std::string_view target) {
  const auto parsed = parse_target(target);
  if (!parsed) return parsed.error();
  const auto instance = seen();
  if (!instance) return Error{Retry::kLater, instance.error().what};
  const auto names = processes_of(*parsed, *instance);
  if (!names) return names.error();
  std::vector<TargetProcess> targets;
  for (const auto& name : *names) {
    const auto* process = supervisor::find_process(*instance, name);
    if (process == nullptr) return Error{Retry::kNever, fmt::format("this instance has no {}", name)};
    if (process->id.pid == 0) return Error{Retry::kLater, fmt::format("{} does not run just now", name)};
    targets.push_back({name, process->id, process->service.empty() ? fs::path() : layout_.data / name});
  }
  return targets;
}

std::string InstanceUnderTest::not_redundant() {
  const auto instance = seen();
  if (!instance) return instance.error().what;
  for (const auto& process : instance->processes) {
    if (process.state != ProcessState::kRunning) {
      return fmt::format("{} is {}", process.name, to_string(process.state));
    }
  }
  const auto view = supervisor::ask_failover(*instance);
  if (!view) return view.error().what;
  for (const auto& service : view->services) {
    if (!service.serving) return service.service + " has no primary that takes commands";
    if (!service.switchover.empty()) return service.service + " is switching over";
    const auto wanted = static_cast<std::size_t>(options_.spares) + 1;
    if (service.in_sync.size() < wanted) {
      return fmt::format("{}: in sync are only {}", service.service, fmt::join(service.in_sync, ", "));
    }
  }
  return {};
}

std::vector<std::string> InstanceUnderTest::command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program_beside().string());
  arguments.insert(arguments.end(), {"--data", layout_.data.string()});
  return arguments;
}

std::string InstanceUnderTest::not_caught_up() const {
  const auto instance = seen();
  if (!instance) return instance.error().what;
  const auto view = supervisor::ask_failover(*instance);
  if (!view) return view.error().what;
  for (const auto& process : instance->processes) {
    const auto* service = process.side == "queries" ? view->find(process.service) : nullptr;
    if (service == nullptr) continue;
    std::int64_t head = 0;
    for (const auto& node : service->nodes) {
      if (node.node == service->primary) head = node.position;
    }
    const auto position = position_of(*instance, process);
    if (!position) return process.name + " does not answer";
    if (*position < head) return fmt::format("{} shows {} of {}", process.name, *position, head);
  }
  return {};
}

std::vector<std::string> InstanceUnderTest::repair() {
  std::vector<std::string> done;
  const auto instance = seen();
  if (!instance) return done;
  const ControlClient control(layout_.control_socket());
  for (const auto& process : instance->processes) {
    if (process.state == ProcessState::kStopped) {
      const auto started = control.start(process.name);
      done.push_back(started ? process.name + " started" : process.name + ": " + started.error().what);
    } else if (process.id.pid != 0 && process::is_halted(process.id.pid)) {
      process::signal_process(process.id, SIGKILL);
      done.push_back(process.name + " killed, since it hangs");
    }
  }
  return done;
}

Result<void> InstanceUnderTest::end() {
  if (id_.pid == 0) return {};
  const bool ended_before = has_ended();
  if (!ended_before) process::signal_process(id_, SIGTERM);
  const SystemClock clock;
  const std::stop_token never;
  const auto until = [&](std::int64_t ms) {
    const auto deadline_ms = clock.monotonic_ms() + ms;
    while (!has_ended() && clock.monotonic_ms() < deadline_ms) pause(never, kPollMs);
    return has_ended();
  };
  const bool in_time = until(kEndMs);
  if (!in_time) {
    ::kill(-id_.pid, SIGKILL);
    if (!until(kKilledMs)) return Error{Retry::kLater, fmt::format("process {} cannot be killed", id_.pid)};
  }
  const auto pid = std::exchange(id_.pid, 0);
  const auto left = supervisor::find_leftovers(layout_);
  if (!left.empty()) {
    if (const auto ended = supervisor::end_leftovers(layout_); !ended) return ended.error();
  }
  if (!in_time) return Error{Retry::kLater, fmt::format("the instance (pid {}) had to be killed", pid)};
  if (ended_before || !WIFEXITED(*status_) || WEXITSTATUS(*status_) != 0) {
    return Error{Retry::kLater,
                 fmt::format("the instance {}{}; it said:\n{}", process::describe_end(*status_),
                             ended_before ? " by itself" : "", last_words())};
  }
  return {};
}

}  // namespace sportapp::lab
