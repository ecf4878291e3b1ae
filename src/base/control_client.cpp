#include "base/control_client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/json_reading.hpp"
#include "base/local_address.hpp"

namespace sportapp {
namespace {

namespace json = boost::json;
constexpr std::size_t kAnswerMax = 16 * 1024;

class Connection {
 public:
  explicit Connection(int timeout_ms) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval bound{timeout_ms / 1000, timeout_ms % 1000 * 1000};
    for (const int what : {SO_RCVTIMEO, SO_SNDTIMEO}) {
      ::setsockopt(fd_, SOL_SOCKET, what, &bound, sizeof bound);
    }
  }
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connect(const LocalAddress& address) const {
    return ::connect(fd_, address.get(), LocalAddress::size()) == 0;
  }
  bool send(const std::string& line) const {
    return ::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
  }
  // Up to the end of its line; shorter where the other side ended it, or the time did.
  std::string receive() const {
    std::string text;
    for (std::array<char, 1024> some{}; text.size() < kAnswerMax && text.find('\n') == std::string::npos;) {
      const auto got = ::recv(fd_, some.data(), some.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      text.append(some.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  int fd_;
};

Result<void> verdict(const std::string& answer) {
  const auto said = parse_object(answer).value_or(json::object());
  const auto ok = flag_in(said, "ok");
  if (!ok) {
    return Error{Retry::kOutcomeUnknown, "the supervisor gave no answer; see: sportapp logs supervisor"};
  }
  if (*ok) return {};
  return Error{Retry::kNever, text_in(said, "error").value_or("the supervisor refuses")};
}

}  // namespace

ControlClient::ControlClient(std::filesystem::path socket, int timeout_ms)
    : socket_(std::move(socket)), timeout_ms_(timeout_ms) {}

Result<void> ControlClient::ask(const std::string& line) const {
  const auto address = LocalAddress::of(socket_);
  if (!address) return address.error();
  const Connection connection(timeout_ms_);
  if (!connection.connect(*address) || !connection.send(line + "\n")) {
    return Error{Retry::kLater,
                 fmt::format("cannot ask the supervisor at {}: {}", socket_.string(), std::strerror(errno))};
  }
  return verdict(connection.receive());
}

Result<void> ControlClient::kill(const std::string& name, pid_t pid, const std::string& why) const {
  return ask(json::serialize(json::object{{"do", "kill"}, {"name", name}, {"pid", pid}, {"why", why}}));
}

Result<void> ControlClient::alive(const std::string& name, pid_t pid) const {
  return ask(json::serialize(json::object{{"do", "alive"}, {"name", name}, {"pid", pid}}));
}

Result<void> ControlClient::stop(const std::string& name, const std::string& by) const {
  return ask(json::serialize(json::object{{"do", "stop"}, {"name", name}, {"by", by}}));
}

Result<void> ControlClient::start(const std::string& name) const {
  return ask(json::serialize(json::object{{"do", "start"}, {"name", name}}));
}

Result<void> ControlClient::restart(const std::string& name) const {
  return ask(json::serialize(json::object{{"do", "restart"}, {"name", name}}));
}

}  // namespace sportapp
