#include "lab/agent/proxied_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sportapp::lab {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kQueueBytesMax = 4
                                       << 20;  // of one direction of one connection; then it is not read from
constexpr int kBlocksAtOnce = 16;              // then others have their turn
constexpr std::int64_t kUsPerS = 1'000'000;
constexpr std::int64_t kSlicesPerS = 50;  // in which limited bytes pass

void make_quick(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

void TrafficShaper::treat(const LinkRule& rule) {
  rule_ = rule;
  tokens_ = 0;
  refilled_us_ = 0;
}

std::size_t TrafficShaper::allowance(std::size_t wanted, std::int64_t now_us, std::int64_t& due_us) {
  if (rule_.action != LinkAction::kLimit) return wanted;
  const auto rate = std::max<std::int64_t>(rule_.bytes_per_s, 1);
  const auto most = std::max<std::int64_t>(rate / kSlicesPerS, 1);
  if (refilled_us_ == 0) refilled_us_ = now_us;
  // Whole bytes only: the time of what is left over counts on.
  const auto elapsed_us = std::min(now_us - refilled_us_, 2 * kUsPerS);
  if (const auto grown = elapsed_us * rate / kUsPerS; grown > 0) {
    tokens_ = std::min(tokens_ + grown, most);
    refilled_us_ = now_us;
  }
  const auto needed = std::min(static_cast<std::int64_t>(wanted), most);
  if (tokens_ >= needed) return static_cast<std::size_t>(needed);
  due_us = now_us + (needed - tokens_) * kUsPerS / rate + 1;
  return 0;
}

void TrafficShaper::passed(std::size_t bytes) {
  if (rule_.action == LinkAction::kLimit) tokens_ -= static_cast<std::int64_t>(bytes);
}

ProxiedConnection::ProxiedConnection(std::uint64_t id, int epoll, int near, Shapers& shapers)
    : id_(id), epoll_(epoll), lanes_(shapers) {
  ends_[0].fd = near;
  make_quick(near);
  epoll_event event{};
  event.events = ends_[0].events = EPOLLRDHUP;
  event.data.u64 = tag(id_, 0);
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, near, &event);
}

ProxiedConnection::~ProxiedConnection() {
  for (const auto& end : ends_) {
    if (end.fd >= 0) ::close(end.fd);
  }
}

bool ProxiedConnection::wants_target() const {
  return !over_ && phase_ == Phase::kAccepted && !lanes_[0].holds() && !lanes_[1].holds();
}

void ProxiedConnection::dial(std::optional<std::uint16_t> target) {
  const bool refused =
      lanes_[0].rule().action == LinkAction::kClose && lanes_[1].rule().action == LinkAction::kClose;
  if (!target || refused) return cut();
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return cut();
  ends_[1].fd = fd;
  make_quick(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(*target);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int dialled = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (dialled != 0 && errno != EINPROGRESS) return cut();
  phase_ = Phase::kDialling;
  epoll_event event{};
  event.events = ends_[1].events = EPOLLOUT;
  event.data.u64 = tag(id_, 1);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) cut();
}

void ProxiedConnection::happened(int end, std::uint32_t events) {
  const auto index = static_cast<std::size_t>(end);
  const bool broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (phase_ == Phase::kAccepted) return cut();  // who dialled gave up
  // The target does not take connections, or took this one and was gone before it was noticed here. What is
  // held back shows the other end nothing of it.
  if (phase_ == Phase::kDialling && broken && !lanes_[index].holds()) return cut();
  if (broken && !ends_[index].hung) hang(ends_[index]);
  if (phase_ == Phase::kUp) return;
  if (end == 0 && !broken) wait_for(end, 0);  // all was sent, which is read when it is up
  if (end == 1) {
    phase_ = Phase::kUp;
    for (const int direction : {0, 1}) treated(direction, LinkAction::kPass);
  }
}

// It would be told again and again, whatever is waited for.
void ProxiedConnection::hang(End& end) {
  end.hung = end.deaf = true;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, end.fd, nullptr);
}

void ProxiedConnection::wait_for(int end, std::uint32_t events) {
  auto& which = ends_[static_cast<std::size_t>(end)];
  if (events == which.events) return;
  which.events = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag(id_, end);
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, which.fd, &event);
}

void ProxiedConnection::treated(int direction, LinkAction before) {
  if (over_ || phase_ != Phase::kUp) return;
  auto& pipe = pipes_[static_cast<std::size_t>(direction)];
  const auto& shaper = lanes_[static_cast<std::size_t>(direction)];
  const auto now = shaper.rule().action;
  if (now == LinkAction::kClose && before != LinkAction::kClose) {
    if (lanes_[0].rule().action == lanes_[1].rule().action) return cut();
    pipe.lost = true;
    tell_end(direction);
  }
  if (pipe.lost && shaper.passes()) cut();
}

void ProxiedConnection::step(std::int64_t now_us) {
  due_us_.reset();
  if (phase_ == Phase::kUp && !over_) {
    for (const int direction : {0, 1}) {
      if (!over_) pump(direction, now_us);
    }
    const bool all_told = pipes_[0].told && pipes_[1].told;
    bool left = ends_[0].hung && ends_[1].hung;
    for (const std::size_t end : {0U, 1U}) left = left || (ends_[end].hung && pipes_[end].told);
    if (all_told || left) over_ = true;
  }
  if (!over_) watch();
}

void ProxiedConnection::pump(int direction, std::int64_t now_us) {
  const auto index = static_cast<std::size_t>(direction);
  auto& pipe = pipes_[index];
  pipe.blocked = false;
  bool took = true;
  for (int block = 0; block < kBlocksAtOnce && took; ++block) {
    took = may_take(direction) && take(direction, now_us);
    give(direction, now_us);
  }
  // Of one that hung up no event comes any more.
  if (ends_[index].hung && may_take(direction)) want(now_us + 1);
  if (pipe.ended && pipe.queue.empty() && !lanes_[index].holds()) tell_end(direction);
}

bool ProxiedConnection::may_take(int direction) const {
  const auto index = static_cast<std::size_t>(direction);
  return !pipes_[index].ended && lanes_[index].rule().action != LinkAction::kStall &&
         pipes_[index].queued < kQueueBytesMax;
}

bool ProxiedConnection::take(int direction, std::int64_t now_us) {
  const auto index = static_cast<std::size_t>(direction);
  auto& pipe = pipes_[index];
  const auto& rule = lanes_[index].rule();
  thread_local std::array<char, kBlockBytes> block;
  const auto got = ::recv(ends_[index].fd, block.data(), block.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (rule.action == LinkAction::kDrop) pipe.lost = true;
  if (got <= 0) {
    pipe.ended = true;
    return false;
  }
  if (pipe.lost || ends_[1 - index].deaf) return true;
  pipe.queued += static_cast<std::size_t>(got);
  const auto delay_us = rule.action == LinkAction::kDelay ? rule.delay_ms * 1000 : 0;
  pipe.queue.push_back({std::string(block.data(), static_cast<std::size_t>(got)), 0, now_us + delay_us});
  return true;
}

void ProxiedConnection::give(int direction, std::int64_t now_us) {
  const auto index = static_cast<std::size_t>(direction);
  auto& pipe = pipes_[index];
  auto& to = ends_[1 - index];
  auto& shaper = lanes_[index];
  if (shaper.holds()) return;
  while (!pipe.queue.empty()) {
    auto& chunk = pipe.queue.front();
    if (chunk.due_us > now_us) return want(chunk.due_us);
    std::int64_t due_us = 0;
    const auto allowed = shaper.allowance(chunk.bytes.size() - chunk.at, now_us, due_us);
    if (allowed == 0) return want(due_us);
    const auto sent = ::send(to.fd, chunk.bytes.data() + chunk.at, allowed, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
      pipe.blocked = true;
      return;
    }
    if (sent < 0) {
      to.deaf = true;
      pipe.queue.clear();
      pipe.queued = 0;
      return;
    }
    shaper.passed(static_cast<std::size_t>(sent));
    chunk.at += static_cast<std::size_t>(sent);
    pipe.queued -= static_cast<std::size_t>(sent);
    if (chunk.at == chunk.bytes.size()) pipe.queue.pop_front();
  }
}

void ProxiedConnection::tell_end(int direction) {
  const auto index = static_cast<std::size_t>(direction);
  if (pipes_[index].told) return;
  pipes_[index].told = true;
  ::shutdown(ends_[1 - index].fd, SHUT_WR);
}

void ProxiedConnection::cut() {
  over_ = true;
  const linger at_once{1, 0};
  for (const auto& end : ends_) {
    if (end.fd >= 0) ::setsockopt(end.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
}

void ProxiedConnection::want(std::int64_t due_us) {
  due_us_ = due_us_ ? std::min(*due_us_, due_us) : due_us;
}

void ProxiedConnection::watch() {
  if (phase_ != Phase::kUp) return;
  for (const int end : {0, 1}) {
    if (ends_[static_cast<std::size_t>(end)].hung) continue;
    std::uint32_t events = 0;
    if (may_take(end)) events |= EPOLLIN;
    if (pipes_[static_cast<std::size_t>(1 - end)].blocked) events |= EPOLLOUT;
    wait_for(end, events);
  }
}

}  // namespace sportapp::lab
