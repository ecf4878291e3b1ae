#include "server/monitor/probe.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "net/messaging/redis_address.hpp"

namespace sportapp::monitor {
namespace {

std::string question_for(const Target& target) {
  switch (target.kind) {
    case Kind::kRedis:
      // Whoever cannot log in gets no echo either.
      return fmt::format("AUTH {} {}\r\nPING\r\n", messaging::kRedisUser, target.password);
    case Kind::kGateway:
      return "GET / HTTP/1.1\r\nHost: monitor\r\n\r\n";
    case Kind::kService:
      break;
  }
  return "GET /health/ready HTTP/1.1\r\nHost: monitor\r\n\r\n";
}

// Two lines: of the login and of the echo.
std::optional<ProbeAnswer> take_redis(const std::string& came) {
  const auto login = came.find("\r\n");
  if (login == std::string::npos) return std::nullopt;
  const auto end = came.find("\r\n", login + 2);
  if (end == std::string::npos) return std::nullopt;
  const auto echo = came.substr(login + 2, end - login - 2);
  if (came[0] != '+') return ProbeAnswer{"answers " + came.substr(0, login), end + 2};
  return ProbeAnswer{echo.starts_with('+') ? "" : "answers " + echo, end + 2};
}

std::string lower(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

std::size_t content_length(const std::string& head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto at = lower(head).find(kName);
  if (at == std::string::npos) return 0;
  auto value = std::string_view(head).substr(at + kName.size());
  value.remove_prefix(std::min(value.size(), value.find_first_not_of(' ')));
  std::size_t length = 0;
  std::from_chars(value.data(), value.data() + value.size(), length);
  return length;
}

std::optional<ProbeAnswer> take_http(Kind kind, const std::string& came) {
  const auto end = came.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  const auto head = came.substr(0, end);
  const auto bytes = end + 4 + content_length(head);
  if (came.size() < bytes) return std::nullopt;
  const auto status = head.size() < 12 ? std::string() : head.substr(9, 3);
  if (kind == Kind::kGateway || status == "200") return ProbeAnswer{"", bytes};
  return ProbeAnswer{fmt::format("answers {} {}", status, came.substr(end + 4, bytes - end - 4)), bytes};
}

}  // namespace

std::optional<ProbeAnswer> take_answer(Kind kind, const std::string& came) {
  return kind == Kind::kRedis ? take_redis(came) : take_http(kind, came);
}

Probe::Probe(const Target& target, int every_ms)
    : target_(target), every_ms_(every_ms), question_(question_for(target)) {
  if (target.host.starts_with('/')) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    target.host.copy(address.sun_path, sizeof address.sun_path - 1);
    std::memcpy(&address_, &address, sizeof address);
    address_size_ = sizeof address;
    return;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found) != 0) {
    trouble_ = fmt::format("its address '{}' is not known", target.host);
    return;
  }
  std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
  address_size_ = found->ai_addrlen;
  ::freeaddrinfo(found);
}

Probe::~Probe() {
  if (fd_ >= 0) ::close(fd_);
}

Probe::Probe(Probe&& other) noexcept
    : target_(std::move(other.target_)),
      every_ms_(other.every_ms_),
      question_(std::move(other.question_)),
      address_(other.address_),
      address_size_(other.address_size_),
      state_(other.state_),
      fd_(std::exchange(other.fd_, -1)),
      next_ms_(other.next_ms_),
      asked_ms_(other.asked_ms_),
      came_(std::move(other.came_)),
      trouble_(std::move(other.trouble_)) {}

pollfd Probe::waited_for() const {
  return {fd_, static_cast<short>(state_ == State::kConnecting ? POLLOUT : POLLIN), 0};
}

std::int64_t Probe::owes_ms(std::int64_t now_ms) const {
  return state_ == State::kAsked ? std::max<std::int64_t>(1, now_ms - asked_ms_) : 0;
}

void Probe::step(std::int64_t now_ms) {
  if (state_ == State::kAway && now_ms >= next_ms_ && address_size_ > 0) connect(now_ms);
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    pollfd waiting{fd_, POLLOUT, 0};
    if (::poll(&waiting, 1, 0) == 1) {
      ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return drop(now_ms, std::strerror(error));
      state_ = State::kIdle;
      next_ms_ = now_ms;
    } else if (now_ms - asked_ms_ > kConnectMs) {
      return drop(now_ms, "takes no connection");
    }
  }
  if (state_ == State::kIdle || state_ == State::kAsked) read(now_ms);
  if (state_ == State::kIdle && now_ms >= next_ms_) ask(now_ms);
}

void Probe::connect(std::int64_t now_ms) {
  fd_ = ::socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return drop(now_ms, std::strerror(errno));
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0 &&
      errno != EINPROGRESS) {
    return drop(now_ms, std::strerror(errno));
  }
  state_ = State::kConnecting;
  asked_ms_ = now_ms;
}

void Probe::ask(std::int64_t now_ms) {
  if (::send(fd_, question_.data(), question_.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(question_.size())) {
    return drop(now_ms, std::strerror(errno));
  }
  state_ = State::kAsked;
  asked_ms_ = now_ms;
  next_ms_ = now_ms + every_ms_;
}

void Probe::read(std::int64_t now_ms) {
  for (std::array<char, 4096> some{};;) {
    const auto got = ::recv(fd_, some.data(), some.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    // One that closes a connection which it owes nothing may do so: it is reopened.
    if (got == 0 && state_ == State::kIdle) return drop(now_ms, trouble_);
    if (got <= 0) return drop(now_ms, got == 0 ? "broke the connection" : std::strerror(errno));
    came_.append(some.data(), static_cast<std::size_t>(got));
    if (came_.size() > kAnswerMax) return drop(now_ms, "answers without an end");
  }
  const auto answer = take_answer(target_.kind, came_);
  if (!answer) return;
  came_.erase(0, answer->bytes);
  trouble_ = answer->trouble;
  state_ = State::kIdle;
}

void Probe::drop(std::int64_t now_ms, const std::string& why) {
  const auto told = why;  // it may be the trouble known already
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  state_ = State::kAway;
  came_.clear();
  trouble_ = told;
  next_ms_ = now_ms + every_ms_;
}

}  // namespace sportapp::monitor
