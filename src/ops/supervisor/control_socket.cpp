#include "ops/supervisor/control_socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/local_address.hpp"

namespace sportapp::supervisor {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return {};
  return std::string(value->as_string());
}

Error cannot_open(const std::filesystem::path& file) {
  return {Retry::kLater, fmt::format("cannot listen on {}: {}", file.string(), std::strerror(errno))};
}

}  // namespace

Result<ControlRequest> read_control_request(std::string_view line) {
  try {
    const auto said = json::parse(json::string_view(line.data(), line.size()));
    const auto& object = said.as_object();
    ControlRequest request{text_of(object, "do"), text_of(object, "name"), 0, text_of(object, "by"),
                           text_of(object, "why")};
    if (const auto* pid = object.if_contains("pid")) request.pid = pid->to_number<pid_t>();
    if (request.what.empty() || request.name.empty()) {
      return Error{Retry::kNever, "a request has the members do and name"};
    }
    if (request.what == "stop" && request.by.empty()) {
      return Error{Retry::kNever, "who stops a process says so in the member by"};
    }
    return request;
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("the request is not understood: {}", failed.what())};
  }
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(const std::filesystem::path& file,
                                                           const Clock& clock, Act act) {
  const auto address = LocalAddress::of(file);
  if (!address) return address.error();
  ::unlink(file.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // The mode is given before there is a file, so that nobody else can connect in between.
  if (fd < 0 || ::fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
      ::bind(fd, address->get(), LocalAddress::size()) != 0 ||
      ::listen(fd, static_cast<int>(kClientsMax)) != 0) {
    const auto error = cannot_open(file);
    if (fd >= 0) ::close(fd);
    return error;
  }
  return std::unique_ptr<ControlSocket>(new ControlSocket(fd, file, clock, std::move(act)));
}

ControlSocket::ControlSocket(int fd, std::filesystem::path file, const Clock& clock, Act act)
    : fd_(fd), file_(std::move(file)), clock_(clock), act_(std::move(act)) {}

ControlSocket::~ControlSocket() {
  for (const auto& client : clients_) ::close(client.fd);
  ::close(fd_);
  ::unlink(file_.c_str());
}

std::vector<pollfd> ControlSocket::waited_for() const {
  std::vector<pollfd> waited;
  if (clients_.size() < kClientsMax) waited.push_back({fd_, POLLIN, 0});
  for (const auto& client : clients_) waited.push_back({client.fd, POLLIN, 0});
  return waited;
}

void ControlSocket::serve() {
  take_clients();
  std::erase_if(clients_, [this](Client& client) {
    if (!is_done(client)) return false;
    ::close(client.fd);
    return true;
  });
}

void ControlSocket::take_clients() {
  while (clients_.size() < kClientsMax) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    clients_.push_back({fd, clock_.monotonic_ms() + kDeadlineMs, {}});
  }
}

bool ControlSocket::is_done(Client& client) const {
  for (std::array<char, 1024> some{};;) {
    const auto got = ::recv(client.fd, some.data(), some.size(), 0);
    if (got > 0) {
      client.text.append(some.data(), static_cast<std::size_t>(got));
      const auto end = client.text.find('\n');
      if (end != std::string::npos) return answer(client, std::string_view(client.text).substr(0, end)), true;
      if (client.text.size() > kLineMax) return answer(client, {}), true;
      continue;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) return true;
    return clock_.monotonic_ms() >= client.deadline_ms;
  }
}

// An answer fits the socket's buffer; who does not take it has gone.
void ControlSocket::answer(const Client& client, std::string_view line) const {
  const auto request =
      line.empty() ? Error{Retry::kNever, fmt::format("a request is one line of at most {} bytes", kLineMax)}
                   : read_control_request(line);
  const auto done = request ? act_(*request) : Result<void>(request.error());
  const auto said =
      done ? json::object{{"ok", true}} : json::object{{"ok", false}, {"error", done.error().what}};
  const auto text = json::serialize(said) + "\n";
  (void)::send(client.fd, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace sportapp::supervisor
