#include "lab/agent/proxied_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.hpp"

namespace sportapp::lab {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kBlockBytes = 64 * 1024;
// Of one direction of one connection; then it is not read from.
constexpr std::size_t kQueueBytesMax = 4 << 20;
constexpr int kBlocksAtOnce = 16;  // then others have their turn

std::size_t index_of(int end) {
  return static_cast<std::size_t>(end);
}

// A socket that did not get so far has nothing to be set.
void make_ready(ProxiedConnection::Socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
}

}  // namespace

ProxiedConnection::ProxiedConnection(Socket near, Shapers& shapers, const Proxy::Target& target)
    : shapers_(shapers),
      target_(target),
      timer_(near.get_executor()),
      ends_{End(std::move(near)), End(Socket(timer_.get_executor()))} {}

void ProxiedConnection::start(std::function<void()> over) {
  on_over_ = std::move(over);
  make_ready(ends_[0].socket);
  watch_for_end(0);
  advance();
}

void ProxiedConnection::dial() {
  const bool refused =
      shapers_[0].rule().action == LinkAction::kClose && shapers_[1].rule().action == LinkAction::kClose;
  const auto port = refused ? std::nullopt : target_();
  if (!port) return cut();
  phase_ = Phase::kDialling;
  const asio::ip::tcp::endpoint target(asio::ip::address_v4::loopback(), *port);
  ends_[1].socket.async_connect(
      target, [self = shared_from_this()](const error_code& error) { self->dialled(!error); });
}

void ProxiedConnection::dialled(bool connected) {
  if (over_) return;
  // What is held back shows the other end nothing of a target that takes no connections.
  if (!connected && !shapers_[1].holds()) return cut();
  phase_ = Phase::kUp;
  if (connected) {
    make_ready(ends_[1].socket);
    watch_for_end(1);
  } else {
    ends_[1].hung = ends_[1].deaf = true;
  }
  for (const int direction : {0, 1}) treated(direction, LinkAction::kPass);
  advance();
}

void ProxiedConnection::hung(int end) {
  if (over_) return;
  if (phase_ == Phase::kAccepted) return cut();  // who dialled gave up
  if (phase_ == Phase::kDialling && !shapers_[index_of(end)].holds()) return cut();
  ends_[index_of(end)].hung = ends_[index_of(end)].deaf = true;
  advance();
}

void ProxiedConnection::readable(int end) {
  if (over_) return;
  if (phase_ == Phase::kUp) return advance();
  (void)take(end, monotonic_us());
  if (phase_ == Phase::kAccepted && pipes_[index_of(end)].ended) return cut();  // who dialled gave up
  watch();
}

void ProxiedConnection::treated(int direction, LinkAction before) {
  if (over_ || phase_ != Phase::kUp) return;
  auto& pipe = pipes_[index_of(direction)];
  const auto& shaper = shapers_[index_of(direction)];
  const auto now = shaper.rule().action;
  if (now == LinkAction::kClose && before != LinkAction::kClose) {
    if (shapers_[0].rule().action == shapers_[1].rule().action) return cut();
    pipe.lost = true;
    tell_end(direction);
  }
  if (pipe.lost && shaper.passes()) cut();
}

void ProxiedConnection::advance() {
  due_us_.reset();
  if (!over_ && phase_ == Phase::kAccepted && !shapers_[0].holds() && !shapers_[1].holds()) dial();
  if (over_) return;
  if (phase_ == Phase::kUp) {
    for (const int direction : {0, 1}) pump(direction);
    if (is_done()) return close();
  }
  watch();
}

bool ProxiedConnection::is_done() const {
  if ((pipes_[0].told && pipes_[1].told) || (ends_[0].hung && ends_[1].hung)) return true;
  return (ends_[0].hung && pipes_[0].told) || (ends_[1].hung && pipes_[1].told);
}

void ProxiedConnection::pump(int direction) {
  const auto now_us = monotonic_us();
  bool took = true;
  for (int block = 0; block < kBlocksAtOnce && took; ++block) {
    took = may_take(direction) && take(direction, now_us);
    give(direction, now_us);
  }
  const auto& pipe = pipes_[index_of(direction)];
  if (pipe.ended && pipe.queue.empty() && !shapers_[index_of(direction)].holds()) tell_end(direction);
}

// Until it is up, only who dialled is read from: that is how its end is noticed.
bool ProxiedConnection::may_take(int direction) const {
  const auto& pipe = pipes_[index_of(direction)];
  if (pipe.ended || pipe.queued >= kQueueBytesMax) return false;
  return phase_ == Phase::kUp ? shapers_[index_of(direction)].rule().action != LinkAction::kStall
                              : direction == 0;
}

bool ProxiedConnection::take(int direction, std::int64_t now_us) {
  const auto index = index_of(direction);
  auto& pipe = pipes_[index];
  const auto rule = phase_ == Phase::kUp ? shapers_[index].rule() : LinkRule{};
  thread_local std::array<char, kBlockBytes> block;
  error_code error;
  const auto got = ends_[index].socket.read_some(asio::buffer(block), error);
  if (error == asio::error::would_block) return false;
  if (rule.action == LinkAction::kDrop) pipe.lost = true;
  if (error) {
    pipe.ended = true;
    return false;
  }
  if (pipe.lost || ends_[1 - index].deaf) return true;
  pipe.queued += got;
  const auto delay_us = rule.action == LinkAction::kDelay ? rule.delay_ms * 1000 : 0;
  pipe.queue.push_back({std::string(block.data(), got), 0, now_us + delay_us});
  return true;
}

void ProxiedConnection::give(int direction, std::int64_t now_us) {
  const auto index = index_of(direction);
  auto& pipe = pipes_[index];
  auto& to = ends_[1 - index];
  auto& shaper = shapers_[index];
  if (shaper.holds()) return;
  while (!pipe.queue.empty()) {
    auto& chunk = pipe.queue.front();
    if (chunk.due_us > now_us) return want(chunk.due_us);
    std::int64_t due_us = 0;
    const auto allowed = shaper.allowance(chunk.bytes.size() - chunk.at, now_us, due_us);
    if (allowed == 0) return want(due_us);
    error_code error;
    const auto sent = to.socket.write_some(asio::buffer(chunk.bytes.data() + chunk.at, allowed), error);
    if (error == asio::error::would_block) return wait_to_write(static_cast<int>(1 - index));
    if (error) {
      to.deaf = true;
      pipe.queue.clear();
      pipe.queued = 0;
      return;
    }
    shaper.passed(sent);
    chunk.at += sent;
    pipe.queued -= sent;
    if (chunk.at == chunk.bytes.size()) pipe.queue.pop_front();
  }
}

void ProxiedConnection::tell_end(int direction) {
  auto& pipe = pipes_[index_of(direction)];
  if (pipe.told) return;
  pipe.told = true;
  error_code ignored;  // it may be gone, and then it needs no end
  ends_[1 - index_of(direction)].socket.shutdown(Socket::shutdown_send, ignored);
}

void ProxiedConnection::cut() {
  for (auto& end : ends_) {
    error_code ignored;
    if (end.socket.is_open()) end.socket.set_option(asio::socket_base::linger(true, 0), ignored);
  }
  close();
}

void ProxiedConnection::close() {
  if (std::exchange(over_, true)) return;
  timer_.cancel();
  for (auto& end : ends_) {
    error_code ignored;
    end.socket.close(ignored);
  }
  if (const auto over = std::exchange(on_over_, nullptr)) over();
}

void ProxiedConnection::want(std::int64_t due_us) {
  due_us_ = due_us_ ? std::min(*due_us_, due_us) : due_us;
}

void ProxiedConnection::watch() {
  for (const int end : {0, 1}) {
    if (may_take(end)) wait_to_read(end);
  }
  wait_until_due();
}

void ProxiedConnection::watch_for_end(int end) {
  ends_[index_of(end)].socket.async_wait(Socket::wait_error,
                                         [self = shared_from_this(), end](const error_code& error) {
                                           if (!error) self->hung(end);
                                         });
}

void ProxiedConnection::wait_to_read(int end) {
  auto& which = ends_[index_of(end)];
  if (std::exchange(which.waits_to_read, true)) return;
  which.socket.async_wait(Socket::wait_read, [self = shared_from_this(), end](const error_code&) {
    self->ends_[index_of(end)].waits_to_read = false;
    self->readable(end);
  });
}

void ProxiedConnection::wait_to_write(int end) {
  auto& which = ends_[index_of(end)];
  if (std::exchange(which.waits_to_write, true)) return;
  which.socket.async_wait(Socket::wait_write, [self = shared_from_this(), end](const error_code&) {
    self->ends_[index_of(end)].waits_to_write = false;
    self->advance();
  });
}

void ProxiedConnection::wait_until_due() {
  if (!due_us_) return;
  timer_.expires_at(asio::steady_timer::time_point(std::chrono::microseconds(*due_us_)));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->advance();
  });
}

}  // namespace sportapp::lab
