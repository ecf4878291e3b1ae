#include "lab/agent/fault_agent.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "lab/agent/injection_list.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kAnswerMs = 120'000;  // healing may take commands of the scenario, each with a bound of its own
constexpr int kEndMs = 60'000;
constexpr int kGoneMs = 1000;

json::object link_target_json(const LinkTarget& target) {
  if (const auto* port = std::get_if<std::uint16_t>(&target)) return {{"port", *port}};
  const auto& in_file = std::get<PortInFile>(target);
  return {{"file", fs::absolute(in_file.file).string()}, {"key", in_file.key}};
}

}  // namespace

Result<std::unique_ptr<FaultAgent>> FaultAgent::start(const fs::path& run) {
  const auto program = instance::find_program("fault-agent", true);
  if (!program) return program.error();
  const auto self = process::identify(::getpid());
  std::array<int, 2> sockets{};
  if (!self || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return Error{Retry::kLater, fmt::format("cannot start the fault agent: {}", std::strerror(errno))};
  }
  auto task = Task::start({program->string(), fs::absolute(run).string(), std::to_string(self->pid),
                           std::to_string(self->start_time)},
                          run / "fault-agent.log", sockets[1]);
  ::close(sockets[1]);
  if (!task) {
    ::close(sockets[0]);
    return task.error();
  }
  return std::unique_ptr<FaultAgent>(new FaultAgent(std::move(*task), sockets[0], run));
}

FaultAgent::FaultAgent(Task task, int socket, fs::path run)
    : task_(std::move(task)), socket_(socket), run_(std::move(run)) {}

FaultAgent::~FaultAgent() {
  static_cast<void>(finish());  // what it could not heal stands in its log and in its list
  if (socket_ >= 0) ::close(socket_);
  task_.ended(kEndMs);
}

Result<std::vector<std::uint16_t>> FaultAgent::open_links(const std::vector<LinkTarget>& targets) {
  json::array wanted;
  for (const auto& target : targets) wanted.push_back(link_target_json(target));
  const std::lock_guard lock(mutex_);
  const auto said = ask({{"do", "links"}, {"targets", std::move(wanted)}});
  if (!said) return said.error();
  std::vector<std::uint16_t> ports;
  for (const auto& port : said->at("ports").as_array()) ports.push_back(port.to_number<std::uint16_t>());
  return ports;
}

Result<int> FaultAgent::inject(const Injection& injection, std::int64_t within_ms) {
  const std::lock_guard lock(mutex_);
  const int number = ++last_number_;
  const auto said = ask({{"do", "inject"},
                         {"number", number},
                         {"within_ms", within_ms},
                         {"injection", lab::to_json(injection)}});
  if (!said) return said.error();
  return number;
}

Result<void> FaultAgent::heal(int number) {
  const std::lock_guard lock(mutex_);
  const auto said = ask({{"do", "heal"}, {"number", number}});
  return said ? Result<void>() : said.error();
}

Result<void> FaultAgent::heal_all() {
  const std::lock_guard lock(mutex_);
  return ask_or_heal({{"do", "heal_all"}});
}

Result<void> FaultAgent::guard(const process::ProcessId& id) {
  const std::lock_guard lock(mutex_);
  const auto said = ask({{"do", "guard"}, {"process", lab::to_json(id)}});
  return said ? Result<void>() : said.error();
}

Result<void> FaultAgent::finish() {
  const std::lock_guard lock(mutex_);
  if (socket_ < 0) return {};
  auto done = ask_or_heal({{"do", "finish"}});
  ::close(std::exchange(socket_, -1));
  task_.ended(kEndMs);
  return done;
}

// Under the lock.
Result<json::object> FaultAgent::ask(const json::object& request) {
  const auto line = json::serialize(request) + "\n";
  const bool sent = socket_ >= 0 && ::send(socket_, line.data(), line.size(), MSG_NOSIGNAL) ==
                                        static_cast<ssize_t>(line.size());
  const auto answer = sent ? read_line() : Error{Retry::kNever, "it has ended"};
  if (!answer) {
    return Error{Retry::kNever, fmt::format("the fault agent does not answer: {}; what is injected is in {}",
                                            answer.error().what, run_.string())};
  }
  auto said = json::parse(*answer).as_object();
  if (const auto* error = said.if_contains("error")) {
    return Error{said.at("again").as_bool() ? Retry::kLater : Retry::kNever, std::string(error->as_string())};
  }
  return said;
}

Result<void> FaultAgent::ask_or_heal(const json::object& request) {
  const auto said = ask(request);
  if (said) return {};
  if (!task_.ended(kGoneMs)) return said.error();
  const auto healed = heal_listed(run_);
  return healed ? Result<void>() : healed.error();
}

Result<std::string> FaultAgent::read_line() {
  const SystemClock clock;
  const auto deadline = clock.monotonic_ms() + kAnswerMs;
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left = deadline - clock.monotonic_ms();
    pollfd waiting{socket_, POLLIN, 0};
    if (left <= 0) return Error{Retry::kNever, fmt::format("nothing within {} ms", kAnswerMs)};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    char block[4096];
    const auto got = ::recv(socket_, block, sizeof block, 0);
    if (got <= 0) return Error{Retry::kNever, "it has ended"};
    buffer_.append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace sportapp::lab
