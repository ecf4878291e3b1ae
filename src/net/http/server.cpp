#include "net/http/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <unordered_set>

#include "net/http/listener.hpp"
#include "net/http/loop_timers.hpp"
#include "net/http/mailbox.hpp"
#include "net/http/open_files.hpp"
#include "net/http/session.hpp"

namespace sportapp::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
namespace {

constexpr int kRefusalsMax = 64;  // connections over the limit that are told so at one time
constexpr int kDefaultDrainMs = 5000;
constexpr int kSweepMsMax = 100;

int sweep_every_ms(const Limits& limits) {
  const int shortest =
      std::min({limits.idle_timeout_ms, limits.request_timeout_ms, limits.answer_timeout_ms});
  return std::clamp(shortest / 4, 5, kSweepMsMax);
}

}  // namespace

struct Server::Impl final : SessionHost {
  Impl(Limits given, const Router& routes, std::function<void(const Served&)> served);
  ~Impl() override;

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  Result<void> listen_local(const std::filesystem::path& path);
  void adopt_tcp(Socket socket);
  void adopt(Socket socket);
  void closed(Session& session) override;

  void run();
  void run_posted();
  void sweep();

  void take_signals(std::function<void()> handler);
  void wait_for_signal();
  void stop(int drain_ms);
  void end_if_drained();
  void end();

  asio::io_context io{1};  // one thread runs it
  Listener<tcp> over_tcp{io, [this](Socket socket) { adopt_tcp(std::move(socket)); },
                         [this](int delay_ms, Task task) { timers.after(delay_ms, std::move(task)); }};
  Listener<asio::local::stream_protocol> over_local{
      io, [this](Socket socket) { adopt(std::move(socket)); },
      [this](int delay_ms, Task task) { timers.after(delay_ms, std::move(task)); }};
  asio::signal_set signals{io};
  LoopTimers timers{io};
  std::function<void()> signal_handler;
  std::unordered_set<std::shared_ptr<Session>> sessions;
  std::unordered_set<std::shared_ptr<Session>> refused;
  bool ended = false;
};

Server::Impl::Impl(Limits given, const Router& routes, std::function<void(const Served&)> served)
    : SessionHost(given, routes, std::move(served)) {
  mailbox = std::make_shared<Mailbox>([this] { asio::post(io, [this] { run_posted(); }); });
}

Server::Impl::~Impl() {
  mailbox->close();
  end();
}

Result<std::uint16_t> Server::Impl::listen(const std::string& host, std::uint16_t port) {
  const auto failure = [&](const error_code& error) {
    const auto hint = error == asio::error::address_in_use
                          ? "stop what listens there, or choose another port"
                          : "use an address of this machine and a port that this user may use";
    return Error{Retry::kLater,
                 fmt::format("cannot listen on {}:{}: {}; {}", host, port, error.message(), hint)};
  };
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error) return failure(error);
  for (const auto& entry : found) {
    error = over_tcp.open(entry.endpoint());
    if (!error) break;
  }
  if (error) return failure(error);
  make_room_for_files(limits.connections);
  over_tcp.accept_next();
  return over_tcp.endpoint().port();
}

Result<void> Server::Impl::listen_local(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // of a process that was killed
  try {
    if (const auto error = over_local.open(asio::local::stream_protocol::endpoint(path.string()))) {
      return Error{Retry::kLater, fmt::format("cannot listen on {}: {}; make its folder writable",
                                              path.string(), error.message())};
    }
  } catch (const boost::system::system_error&) {
    return Error{Retry::kNever,
                 fmt::format("cannot listen on {}: the path is too long for a socket", path.string())};
  }
  over_local.accept_next();
  return {};
}

void Server::Impl::adopt_tcp(Socket socket) {
  error_code error;
  socket.set_option(tcp::no_delay(true), error);
  if (!error) adopt(std::move(socket));  // else the client is gone already
}

void Server::Impl::adopt(Socket socket) {
  error_code error;
  socket.non_blocking(true, error);
  if (error) return;
  const bool full = sessions.size() >= static_cast<std::size_t>(limits.connections);
  if (full && refused.size() >= kRefusalsMax) return;
  auto session = std::make_shared<Session>(std::move(socket), *this);
  (full ? refused : sessions).insert(session);
  full ? session->refuse_connection() : session->start();
}

void Server::Impl::closed(Session& session) {
  const auto self = session.shared_from_this();
  sessions.erase(self);
  refused.erase(self);
  if (stopping) end_if_drained();
}

void Server::Impl::run() {
  mailbox->owned_by_this_thread();
  if (!signal_handler) take_signals([this] { stop(kDefaultDrainMs); });
  sweep();
  const auto guard = asio::make_work_guard(io);
  io.run();
}

void Server::Impl::run_posted() {
  for (const auto& task : mailbox->take()) run_guarded(task);
}

void Server::Impl::sweep() {
  const auto now_us = monotonic_us();
  std::vector<std::shared_ptr<Session>> over_time;
  for (const auto* set : {&sessions, &refused}) {
    for (const auto& session : *set) {
      if (session->is_over_time(now_us)) over_time.push_back(session);
    }
  }
  for (const auto& session : over_time) session->time_out();
  if (!ended) timers.after(sweep_every_ms(limits), [this] { sweep(); });
}

void Server::Impl::take_signals(std::function<void()> handler) {
  if (std::exchange(signal_handler, std::move(handler))) return;  // they are waited for already
  signals.add(SIGTERM);
  signals.add(SIGINT);
  wait_for_signal();
}

void Server::Impl::wait_for_signal() {
  signals.async_wait([this](const error_code& error, int) {
    if (error) return;
    if (!stopping) run_guarded(signal_handler);
    wait_for_signal();
  });
}

void Server::Impl::stop(int drain_ms) {
  timers.after(drain_ms, [this] {
    const auto owing = std::count_if(sessions.begin(), sessions.end(),
                                     [](const auto& session) { return session->owes_an_answer(); });
    if (owing > 0) spdlog::warn("stopped with {} requests unanswered", owing);
    end();
  });
  if (stopping) return;
  stopping = true;
  over_tcp.take_backlog();
  over_local.take_backlog();
  const std::vector<std::shared_ptr<Session>> now(sessions.begin(), sessions.end());
  for (const auto& session : now) session->drain();
  end_if_drained();
}

void Server::Impl::end_if_drained() {
  if (sessions.empty() && refused.empty()) asio::post(io, [this] { end(); });
}

void Server::Impl::end() {
  if (std::exchange(ended, true)) return;
  over_tcp.close();
  over_local.close();
  for (auto* set : {&sessions, &refused}) {
    while (!set->empty()) (*set->begin())->close();
  }
  io.stop();
}

Server::Server(Limits limits, const Router& router, std::function<void(const Served&)> on_served)
    : impl_(std::make_unique<Impl>(limits, router, std::move(on_served))) {}

Server::~Server() = default;

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  return impl_->listen(host, port);
}

Result<void> Server::listen_local(const std::filesystem::path& path) {
  return impl_->listen_local(path);
}

void Server::run() {
  impl_->run();
}

void Server::stop(int drain_ms) {
  impl_->stop(drain_ms);
}

void Server::on_signal(std::function<void()> handler) {
  impl_->take_signals(std::move(handler));
}

void Server::post(Task task) {
  impl_->mailbox->post(std::move(task));
}

Loop::TimerId Server::after(std::int64_t delay_ms, Task task) {
  return impl_->timers.after(delay_ms, std::move(task));
}

void Server::cancel(TimerId timer) {
  impl_->timers.cancel(timer);
}

asio::io_context& Server::io() {
  return impl_->io;
}

int Server::connections() const {
  return static_cast<int>(impl_->sessions.size());
}

}  // namespace sportapp::http
