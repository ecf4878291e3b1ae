// Sockets for tests of links: blocking, each wait with a deadline.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace sportapp::lab::testing {

inline constexpr int kSurelyMs = 20'000;  // what must come has come by then, on any machine
inline constexpr int kQuietMs = 200;      // what must not come had time to

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  // A connection that was taken and reset at once may be over before connect() returns: it has ended, as if
  // it had been reset a moment later.
  [[nodiscard]] static Socket to(std::uint16_t port) {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(port);
    if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
        errno != ECONNRESET) {
      throw std::system_error(errno, std::generic_category(), "cannot connect");
    }
    return socket;
  }
  [[nodiscard]] int fd() const { return fd_; }
  // Whether all of it was taken.
  bool send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // What came by then, at most so many bytes; less where the connection ended.
  [[nodiscard]] std::string receive(std::size_t count, int within_ms = kSurelyMs) {
    std::string got;
    while (got.size() < count && readable(within_ms)) {
      std::string block(count - got.size(), '\0');
      const auto size = ::recv(fd_, block.data(), block.size(), 0);
      if (size <= 0) break;
      got += block.substr(0, static_cast<std::size_t>(size));
    }
    return got;
  }
  // Whether nothing came, not even an end.
  [[nodiscard]] bool is_quiet() { return !readable(kQuietMs); }
  // Whether the other side has sent its end, or broke the connection, and nothing before it.
  [[nodiscard]] bool ended(int within_ms = kSurelyMs) {
    char byte = 0;
    return readable(within_ms) && ::recv(fd_, &byte, 1, 0) <= 0;
  }

 protected:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  [[nodiscard]] bool readable(int within_ms) {
    pollfd waiting{fd_, POLLIN, 0};
    return ::poll(&waiting, 1, within_ms) > 0;
  }

 private:
  int fd_;
};

// Listens on any port of 127.0.0.1.
class Listener : public Socket {
 public:
  Listener() : Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(fd(), generic, size) != 0 || ::listen(fd(), 16) != 0 ||
        ::getsockname(fd(), generic, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Socket accept() {
    if (!readable(kSurelyMs)) throw std::runtime_error("nobody connects");
    return Socket(::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  std::uint16_t port_ = 0;
};

}  // namespace sportapp::lab::testing
