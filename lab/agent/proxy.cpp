#include "lab/agent/proxy.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kListenerBit =
    1;  // tag of a listener: its port, and this; of a connection: see its tag()
constexpr int kEventsAtOnce = 64;
// As many as may be open: where it overflows, the kernel drops the first packet of a connection and the
// client waits for a second or more, which no rule asked for.
constexpr int kBacklog = Proxy::kConnectionsMax;

std::int64_t monotonic_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

Error failed(const char* what) {
  return {Retry::kLater, fmt::format("links: cannot {}: {}", what, std::strerror(errno))};
}

std::uint64_t listener_tag(std::uint16_t port) {
  return std::uint64_t{port} << 2 | kListenerBit;
}

// On any free port of 127.0.0.1, which `port` becomes; -1 with errno.
int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (fd >= 0 && ::bind(fd, generic, size) == 0 && ::listen(fd, kBacklog) == 0 &&
      ::getsockname(fd, generic, &size) == 0) {
    port = ntohs(address.sin_port);
    return fd;
  }
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  return -1;
}

void refuse(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd);
}

bool add_to(int epoll, int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Result<std::unique_ptr<Proxy>> Proxy::start() {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll < 0 || wake < 0 || !add_to(epoll, wake, kWakeTag)) {
    auto error = failed("wait for events");
    if (epoll >= 0) ::close(epoll);
    if (wake >= 0) ::close(wake);
    return error;
  }
  std::unique_ptr<Proxy> proxy(new Proxy(epoll, wake));
  proxy->thread_ = std::thread([all = proxy.get()] { all->run(); });
  return proxy;
}

Proxy::~Proxy() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto woken = ::write(wake_, &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  connections_.clear();
  for (const auto& route : routes_) ::close(route->listener);
  ::close(wake_);
  ::close(epoll_);
}

Result<std::uint16_t> Proxy::open(Target target) {
  auto route = std::make_unique<Route>();
  route->listener = listen_anywhere(route->port);
  if (route->listener < 0) return failed("listen");
  route->target = std::move(target);
  const auto port = route->port;
  const std::lock_guard lock(mutex_);
  if (!add_to(epoll_, route->listener, listener_tag(port))) {
    auto error = failed("wait for connections");
    ::close(route->listener);
    return error;
  }
  routes_.push_back(std::move(route));
  return port;
}

Result<void> Proxy::treat(std::uint16_t port, Direction direction, const LinkRule& rule) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const auto& route) { return route->port == port; });
  if (found == routes_.end()) return Error{Retry::kNever, fmt::format("no link has port {}", port)};
  set(**found, direction, rule);
  return {};
}

void Proxy::heal() {
  const std::lock_guard lock(mutex_);
  for (const auto& route : routes_) set(*route, Direction::kBoth, {});
}

// Under the lock. The loop is woken only where a connection then waits for a time.
void Proxy::set(Route& route, Direction direction, const LinkRule& rule) {
  const std::array<LinkAction, 2> before{route.shapers[0].rule().action, route.shapers[1].rule().action};
  for (const int shaper : {0, 1}) {
    const bool chosen = direction == Direction::kBoth || direction == static_cast<Direction>(shaper);
    if (chosen) route.shapers[static_cast<std::size_t>(shaper)].treat(rule);
  }
  const auto now_us = monotonic_us();
  for (const auto id : std::vector(route.connections.begin(), route.connections.end())) {
    for (const int shaper : {0, 1}) {
      connections_.at(id)->treated(shaper, before[static_cast<std::size_t>(shaper)]);
    }
    step(id, now_us);
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto woken = ::write(wake_, &one, sizeof one);
}

void Proxy::run() {
  std::array<epoll_event, kEventsAtOnce> events{};
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const int wait = wait_ms(monotonic_us());
    lock.unlock();
    const int count = ::epoll_wait(epoll_, events.data(), kEventsAtOnce, wait);
    lock.lock();
    const auto now_us = monotonic_us();
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      dispatch(event.data.u64, event.events, now_us);
    }
    step_due(now_us);
  }
}

void Proxy::dispatch(std::uint64_t tag, std::uint32_t events, std::int64_t now_us) {
  if (tag == kWakeTag) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof count);
    return;
  }
  if ((tag & 2U) != 0) {
    const auto found = connections_.find(tag >> 2);
    if (found == connections_.end()) return;  // it ended by another event of this turn
    found->second->happened(static_cast<int>(tag & 1U), events);
    return step(tag >> 2, now_us);
  }
  for (const auto& route : routes_) {
    if (listener_tag(route->port) == tag) return accept(*route);
  }
}

void Proxy::accept(Route& route) {
  const int fd = ::accept4(route.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (connections_.size() >= kConnectionsMax) return refuse(fd);
  const auto id = ++last_id_;
  connections_.emplace(id, std::make_unique<ProxiedConnection>(id, epoll_, fd, route.shapers));
  route_of_[id] = &route;
  route.connections.insert(id);
  step(id, monotonic_us());
}

void Proxy::step(std::uint64_t id, std::int64_t now_us) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  auto& connection = *found->second;
  auto& route = *route_of_.at(id);
  if (connection.due_us()) due_.erase({*connection.due_us(), id});
  if (connection.wants_target()) connection.dial(route.target());
  connection.step(now_us);
  if (connection.is_over()) {
    route.connections.erase(id);
    route_of_.erase(id);
    connections_.erase(found);
    return;
  }
  if (connection.due_us()) due_.emplace(*connection.due_us(), id);
}

void Proxy::step_due(std::int64_t now_us) {
  while (!due_.empty() && due_.begin()->first <= now_us) {
    const auto [due_us, id] = *due_.begin();
    due_.erase(due_.begin());
    step(id, now_us);
  }
}

int Proxy::wait_ms(std::int64_t now_us) const {
  if (due_.empty()) return -1;
  const auto left_us = due_.begin()->first - now_us;
  return left_us <= 0 ? 0 : static_cast<int>(left_us / 1000 + 1);
}

}  // namespace sportapp::lab
