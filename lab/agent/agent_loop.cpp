#include "lab/agent/agent_loop.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/json_reading.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kRequestBytesMax = 64 * 1024;
constexpr int kTriesMax = 25;
constexpr int kRetryMs = 200;
constexpr int kHealAllMs =
    20'000;  // then nothing is tried again; commands of a scenario have a bound of their own
constexpr int kGuardedMs = 20'000;

std::int64_t now_ms() {
  return SystemClock().monotonic_ms();
}

void say(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
}

// The port that stands under `key` in a file like DATA/run/ports.json.
std::optional<std::uint16_t> port_in(const fs::path& file, const std::string& key) {
  const auto said = parse_object(read_file(file).value_or(""));
  const auto port = said ? number_in(*said, key) : std::nullopt;
  if (!port) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

Proxy::Target target_from(const json::object& object) {
  if (const auto* port = object.if_contains("port")) {
    return [port = port->to_number<std::uint16_t>()] { return std::optional(port); };
  }
  const fs::path file(object.at("file").as_string().c_str());
  const std::string key(object.at("key").as_string());
  return [file, key] { return port_in(file, key); };
}

}  // namespace

AgentLoop::AgentLoop(int requests, fs::path run, const process::ProcessId& lab)
    : requests_(requests),
      run_(std::move(run)),
      injector_(std::make_unique<Injector>(nullptr, run_ / "commands.log")) {
  injured_.lab = lab;
  injured_.agent = process::identify(::getpid()).value_or(process::ProcessId{});
}

int AgentLoop::run() {
  bool has_lab = true;
  while (has_lab && !finish_) {
    const auto came = signals_.wait(wait_ms(), {{requests_, POLLIN, 0}});
    if (std::find(came.begin(), came.end(), SIGTERM) != came.end()) break;
    has_lab = take_requests();
    heal_due();
  }
  if (!finish_) {
    say("the lab is gone: healing");
    const auto healed = heal_all();
    say(healed ? "everything is healed" : healed.error().what);
    end_guarded();
  }
  if (!injured_.injections.empty()) return 1;
  std::error_code ignored;
  fs::remove(injection_list_file(run_), ignored);
  return 0;
}

bool AgentLoop::take_requests() {
  char block[4096];
  for (;;) {
    const auto got = ::recv(requests_, block, sizeof block, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return false;
    buffer_.append(block, static_cast<std::size_t>(got));
    for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
      const auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (!answer(line)) return false;
    }
    if (buffer_.size() > kRequestBytesMax) return false;
  }
}

bool AgentLoop::answer(const std::string& request) {
  json::object said;
  try {
    auto done = act(json::parse(request).as_object());
    if (done) {
      said = std::move(*done);
    } else {
      said["error"] = done.error().what;
      said["again"] = done.error().retry == Retry::kLater;
      say(request + " -> " + done.error().what);
    }
  } catch (const std::exception& wrong) {
    said["error"] = fmt::format("the fault agent does not understand {}: {}", request, wrong.what());
    said["again"] = false;
  }
  const auto line = json::serialize(said) + "\n";
  return ::send(requests_, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
}

Result<json::object> AgentLoop::act(const json::object& request) {
  const auto& what = request.at("do").as_string();
  Result<void> done;
  if (what == "links") return open_links(request.at("targets").as_array());
  if (what == "inject") {
    done = inject(request.at("number").to_number<int>(), injection_from(request.at("injection").as_object()),
                  request.at("within_ms").to_number<std::int64_t>());
  } else if (what == "heal") {
    done = heal(request.at("number").to_number<int>());
  } else if (what == "heal_all") {
    done = heal_all();
  } else if (what == "guard") {
    injured_.guarded.push_back(process_id_from(request.at("process").as_object()));
    done = save();
  } else if (what == "finish") {
    done = heal_all();
    finish_ = true;
  } else {
    return Error{Retry::kNever, fmt::format("no request: {}", what.c_str())};
  }
  if (!done) return done.error();
  return json::object{};
}

Result<json::object> AgentLoop::open_links(const json::array& targets) {
  if (!proxy_) {
    auto started = Proxy::start();
    if (!started) return started.error();
    proxy_ = std::move(*started);
    injector_ = std::make_unique<Injector>(proxy_.get(), run_ / "commands.log");
  }
  json::array ports;
  for (const auto& target : targets) {
    const auto port = proxy_->open(target_from(target.as_object()));
    if (!port) return port.error();
    ports.emplace_back(*port);
  }
  return json::object{{"ports", std::move(ports)}};
}

// Listed first, and on the disk: from then on it is healed, whoever dies.
Result<void> AgentLoop::inject(int number, const Injection& injection, std::int64_t within_ms) {
  if (!injured_.injections.emplace(number, injection).second) {
    return Error{Retry::kNever, fmt::format("injection {} already exists", number)};
  }
  timings_[number].heal_ms = within_ms > 0 ? now_ms() + within_ms : 0;
  auto done = save();
  if (done) done = injector_->inject(number, injection);
  if (done) return done;
  static_cast<void>(heal(number));  // the first error is the one that tells
  return done;
}

Result<void> AgentLoop::heal(int number) {
  const auto found = injured_.injections.find(number);
  if (found == injured_.injections.end()) return {};
  const auto healed = injector_->heal(number, found->second);
  auto& timing = timings_[number];
  if (!healed) {
    ++timing.tries;
    timing.heal_ms = timing.tries < kTriesMax ? now_ms() + kRetryMs : 0;
    return healed;
  }
  injured_.injections.erase(found);
  timings_.erase(number);
  return save();
}

void AgentLoop::heal_due() {
  const auto now = now_ms();
  for (const auto& [number, timing] : std::map(timings_)) {
    if (timing.heal_ms == 0 || timing.heal_ms > now) continue;
    if (const auto healed = heal(number); !healed) say(healed.error().what);
  }
}

// The last one first.
Result<void> AgentLoop::heal_all() {
  Result<void> last;
  const auto deadline = now_ms() + kHealAllMs;
  for (int round = 0; round < kTriesMax && !injured_.injections.empty() && now_ms() < deadline; ++round) {
    if (round > 0) ::poll(nullptr, 0, kRetryMs);
    auto numbers = std::vector<int>();
    for (const auto& [number, _] : injured_.injections) numbers.insert(numbers.begin(), number);
    for (const int number : numbers) {
      if (auto healed = heal(number); !healed) last = healed;
    }
  }
  return injured_.injections.empty() ? Result<void>() : last;
}

void AgentLoop::end_guarded() {
  for (const auto& id : injured_.guarded) {
    if (!process::is_alive(id)) continue;
    const bool killed = end_process(id, kGuardedMs);
    say(fmt::format("the instance (pid {}) was {}", id.pid, killed ? "killed" : "ended"));
  }
}

Result<void> AgentLoop::save() {
  return write_injection_list(run_, injured_);
}

int AgentLoop::wait_ms() const {
  constexpr std::int64_t kIdleMs = 60'000;
  std::int64_t wait = kIdleMs;
  const auto now = now_ms();
  for (const auto& [_, timing] : timings_) {
    if (timing.heal_ms > 0) wait = std::min(wait, std::max<std::int64_t>(timing.heal_ms - now, 0));
  }
  return static_cast<int>(wait);
}

}  // namespace sportapp::lab
