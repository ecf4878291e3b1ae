#include "ops/instance/ports.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "base/files.hpp"
#include "base/hash.hpp"

namespace sportapp::instance {
namespace {

constexpr int kFirstPort = 20'000;
constexpr int kPorts = 10'000;
constexpr int kConnectMs = 20;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      error != 0) {
    return Error{Retry::kNever, fmt::format("address '{}' is not known: {}", host, ::gai_strerror(error))};
  }
  return Addresses(found, &::freeaddrinfo);
}

class Socket {
 public:
  explicit Socket(const addrinfo& address)
      : fd_(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

std::map<std::string, std::uint16_t> remembered_ports(const Layout& layout) {
  std::map<std::string, std::uint16_t> ports;
  boost::json::error_code error;
  const auto json = boost::json::parse(read_file(layout.ports_file()).value_or("{}"), error);
  if (error || !json.is_object()) return ports;  // only a hint: a damaged file costs nothing
  for (const auto& [name, port] : json.get_object()) {
    if (port.is_int64() && port.get_int64() >= kFirstPort && port.get_int64() < kFirstPort + kPorts) {
      ports[name] = static_cast<std::uint16_t>(port.get_int64());
    }
  }
  return ports;
}

// The ports that a member needs, by the names under which they are remembered.
std::vector<std::pair<std::string, std::uint16_t*>> ports_of(Member& member, bool linked) {
  std::vector<std::pair<std::string, std::uint16_t*>> ports;
  if (member.kind != Kind::kGateway) ports.emplace_back(member.name, &member.port);
  if (linked && member.kind == Kind::kCommands) ports.emplace_back(member.name + ".link", &member.link_port);
  return ports;
}

Result<void> remember_ports(const Layout& layout, const std::map<std::string, std::uint16_t>& ports) {
  boost::json::object json;
  for (const auto& [name, port] : ports) json[name] = port;
  return write_file(layout.ports_file(), boost::json::serialize(json) + "\n");
}

int search_start(const Layout& layout) {
  const auto hash = Hasher().field(layout.data.string()).finish();
  return kFirstPort + (hash[0] * 256 + hash[1]) % (kPorts / 40) * 40;
}

bool listens_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  // A full backlog is a sign of life, too.
  const bool there =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  ::close(fd);
  return there;
}

bool is_free(std::uint16_t port) {
  return static_cast<bool>(can_listen("127.0.0.1", port));
}

}  // namespace

Result<void> is_known(const std::string& host) {
  const auto addresses = resolve(host, 0);
  return addresses ? Result<void>() : addresses.error();
}

Result<void> can_listen(const std::string& host, std::uint16_t port) {
  auto addresses = resolve(host, port);
  if (!addresses) return addresses.error();
  for (const auto* address = addresses->get(); address != nullptr; address = address->ai_next) {
    const Socket socket(*address);
    const int on = 1;
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(socket.fd(), address->ai_addr, address->ai_addrlen) != 0 || ::listen(socket.fd(), 1) != 0) {
      return Error{Retry::kLater,
                   fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(errno))};
    }
  }
  return {};
}

Result<void> assign_ports(const Layout& layout, std::vector<Member>& members, bool linked) {
  auto remembered = remembered_ports(layout);
  std::set<std::uint16_t> taken, promised;
  for (const auto& [name, port] : remembered) promised.insert(port);
  int next = search_start(layout);
  for (auto& member : members) {
    for (const auto& [name, port] : ports_of(member, linked)) {
      const auto before = remembered.find(name);
      const bool again =
          before != remembered.end() && !taken.contains(before->second) && is_free(before->second);
      *port = again ? before->second : 0;
      for (int tries = 0; *port == 0; ++tries) {
        if (tries == kPorts) {
          return Error{Retry::kLater, fmt::format("no free port from {} to {} on 127.0.0.1", kFirstPort,
                                                  kFirstPort + kPorts - 1)};
        }
        const auto candidate = static_cast<std::uint16_t>(next);
        next = next + 1 < kFirstPort + kPorts ? next + 1 : kFirstPort;
        if (!taken.contains(candidate) && !promised.contains(candidate) && is_free(candidate))
          *port = candidate;
      }
      taken.insert(*port);
      remembered[name] = *port;
    }
  }
  return remember_ports(layout, remembered);
}

std::string reachable(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  if (host.find(':') == std::string::npos) return fmt::format("{}:{}", host, port);
  return fmt::format("[{}]:{}", host, port);
}

bool listens(const std::string& host, std::uint16_t port) {
  if (is_local_socket(host)) return listens_at(host);
  const auto addresses = resolve(host, port);
  if (!addresses) return false;
  const auto& address = *addresses->get();
  const Socket socket(address);
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd waiting{socket.fd(), POLLOUT, 0};
  if (::poll(&waiting, 1, kConnectMs) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace sportapp::instance
