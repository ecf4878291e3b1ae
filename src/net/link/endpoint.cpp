#include "net/link/endpoint.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "net/link/connection.hpp"

namespace sportapp::link {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
namespace {

constexpr int kRedialMsMin = 20;
// A node that comes back holds what it is asked until the monitor has found it.
constexpr int kRedialMsMax = 40;
// A link that comes up and is cut at once, as by a node whose journal cannot be used, is tried less and less.
constexpr int kCutMsMax = 2000;
constexpr std::chrono::milliseconds kLasting{1000};
constexpr int kAcceptAgainMs = 100;
constexpr std::chrono::seconds kLogEvery{1};

void run_guarded(const Loop::Task& task) {
  try {
    task();
  } catch (const std::exception& failure) {
    spdlog::error("defect: a task of the link's loop threw: {}", failure.what());
  }
}

// Names other than numbers are those of this machine's own hosts file: nothing is asked over a network.
Result<TcpEndpoint> resolve(asio::io_context& io, const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return TcpEndpoint(address, port);
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, std::to_string(port), error);
  if (!error && !found.empty()) return found.begin()->endpoint();
  return Error{Retry::kLater, fmt::format("{} is no address: {}", host, error.message())};
}

// One line a second at most, however many try.
class SparseLog {
 public:
  void refused(const std::string& why) {
    const auto now = std::chrono::steady_clock::now();
    if (last_ && now - *last_ < kLogEvery) {
      ++unsaid_;
      return;
    }
    last_ = now;
    spdlog::warn("link: a connection was refused: {} ({} more since the last such line)", why,
                 std::exchange(unsaid_, 0));
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> last_;
  std::int64_t unsaid_ = 0;
};

struct Dial {
  std::string host;
  std::uint16_t port = 0;
  int wait_ms = kRedialMsMin;
  ConnectionId connection;  // 0: none, so the timer is set
  Loop::TimerId timer = 0;
  std::string why;                                                 // it is not up
  std::optional<std::chrono::steady_clock::time_point> came_up{};  // the last connection, if it did
};

}  // namespace

struct Endpoint::Impl final : Connection::Owner {
  Impl(Options given, Handler handlers) : options(std::move(given)), handler(std::move(handlers)) {}
  ~Impl() override { stop(); }

  Result<std::uint16_t> listen();
  void accept_next();
  void accepted(Socket socket);
  void try_dial(const std::string& name);
  void dial_again(const std::string& name, Dial& dial);
  void hang_up(const std::string& name);
  void forget(ConnectionId connection);
  void close(ConnectionId connection);
  bool send(ConnectionId connection, const Frame& frame);
  [[nodiscard]] std::shared_ptr<Connection> add(Channel::Side side, const std::string& expected);
  [[nodiscard]] Connection* find(ConnectionId connection) const;
  // The name under which it was dialled; nothing where the other dialled.
  [[nodiscard]] std::optional<std::string> dialled(ConnectionId connection) const;

  void came_up(Connection& connection) override;
  void received(Connection& connection, Frame frame) override;
  void ended(Connection& connection, const std::string& why, bool refused) override;

  TimerId after(std::int64_t delay_ms, Task task);
  void stop();

  const Options options;
  const Handler handler;
  asio::io_context io{1};  // one thread runs it
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor{io};
  std::unordered_map<TimerId, std::unique_ptr<SteadyTimer>> timers;
  TimerId last_timer = 0;
  std::map<ConnectionId, std::shared_ptr<Connection>> connections;
  std::deque<ConnectionId> handshakes;  // of those from outside, the oldest first
  ConnectionId last_connection;
  std::map<std::string, Dial> dials;  // by the name of who is dialled
  SparseLog refusals;
  std::thread thread;
};

Result<std::uint16_t> Endpoint::Impl::listen() {
  const auto at = resolve(io, options.host, options.port);
  if (!at) return at.error();
  error_code error;
  acceptor.open(at->protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(*at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    acceptor.close();
    return Error{Retry::kLater, fmt::format("cannot listen on {}:{}: {}; stop what listens there, or choose "
                                            "another port",
                                            options.host, options.port, error.message())};
  }
  accept_next();
  return acceptor.local_endpoint().port();
}

void Endpoint::Impl::accept_next() {
  acceptor.async_accept([this](const error_code& error, Socket socket) {
    if (!acceptor.is_open()) return;
    if (!error) {
      accepted(std::move(socket));
      return accept_next();
    }
    // Out of files or memory: connections wait in the backlog until some are given back.
    refusals.refused(error.message());
    after(kAcceptAgainMs, [this] { accept_next(); });
  });
}

void Endpoint::Impl::accepted(Socket socket) {
  if (handshakes.size() >= options.handshakes_max) {
    const auto oldest = handshakes.front();
    refusals.refused("more than " + std::to_string(options.handshakes_max) + " are not finished");
    close(oldest);
  }
  const auto connection = add(Channel::Side::kAcceptor, "");
  handshakes.push_back(connection->id());
  connection->adopt(std::move(socket), options.handshake_ms);
}

std::shared_ptr<Connection> Endpoint::Impl::add(Channel::Side side, const std::string& expected) {
  last_connection = last_connection.next();
  auto connection = std::make_shared<Connection>(
      io, *this, last_connection, Channel(side, options.key, options.name, expected, random_nonce()));
  connections.emplace(last_connection, connection);
  return connection;
}

void Endpoint::Impl::try_dial(const std::string& name) {
  auto& dial = dials.at(name);
  dial.timer = 0;
  const auto to = resolve(io, dial.host, dial.port);
  if (!to) {
    dial_again(name, dial);
    if (handler.on_unreachable) handler.on_unreachable(name, to.error().what, false);
    return;
  }
  const auto connection = add(Channel::Side::kDialler, name);
  dial.connection = connection->id();
  connection->connect(*to, options.handshake_ms);
}

void Endpoint::Impl::dial_again(const std::string& name, Dial& dial) {
  dial.connection = {};
  const auto came_up = std::exchange(dial.came_up, std::nullopt);
  if (came_up && std::chrono::steady_clock::now() - *came_up >= kLasting) dial.wait_ms = kRedialMsMin;
  dial.timer = after(dial.wait_ms, [this, name] { try_dial(name); });
  dial.wait_ms = std::max(dial.wait_ms, std::min(dial.wait_ms * 2, came_up ? kCutMsMax : kRedialMsMax));
}

void Endpoint::Impl::hang_up(const std::string& name) {
  const auto found = dials.find(name);
  if (found == dials.end()) return;
  timers.erase(found->second.timer);
  const auto connection = found->second.connection;
  dials.erase(found);
  close(connection);
}

Connection* Endpoint::Impl::find(ConnectionId connection) const {
  const auto found = connections.find(connection);
  return found == connections.end() ? nullptr : found->second.get();
}

std::optional<std::string> Endpoint::Impl::dialled(ConnectionId connection) const {
  for (const auto& [name, dial] : dials) {
    if (dial.connection == connection) return name;
  }
  return std::nullopt;
}

void Endpoint::Impl::forget(ConnectionId connection) {
  connections.erase(connection);
  std::erase(handshakes, connection);
}

void Endpoint::Impl::close(ConnectionId connection) {
  const auto found = connections.find(connection);
  if (found == connections.end()) return;
  found->second->close();
  if (const auto name = dialled(connection)) dial_again(*name, dials.at(*name));
  forget(connection);
}

bool Endpoint::Impl::send(ConnectionId id, const Frame& frame) {
  auto* connection = find(id);
  if (connection == nullptr || !connection->takes_frames()) return false;
  const auto bytes = frame.payload.size();
  if (bytes <= kPayloadMax && connection->outstanding_bytes() + bytes <= options.outstanding_max) {
    connection->send(frame);
    return true;
  }
  const auto why =
      bytes > kPayloadMax
          ? fmt::format("a frame of {} bytes was to be sent, {} is the most", bytes, kPayloadMax)
          : fmt::format("it does not take what it is sent: {} bytes wait", connection->outstanding_bytes());
  spdlog::error("link with {} is closed: {}", connection->other(), why);
  connection->break_off(why);
  return false;
}

void Endpoint::Impl::came_up(Connection& connection) {
  std::erase(handshakes, connection.id());
  const auto dialled_name = dialled(connection.id());
  if (dialled_name) {
    auto& dial = dials.at(*dialled_name);
    dial.came_up = std::chrono::steady_clock::now();
    dial.why.clear();
  }
  spdlog::info("link with {} is up, {}", connection.other(), dialled_name ? "dialled" : "accepted");
  const auto name = connection.other();
  if (handler.on_up) handler.on_up(connection.id(), name, dialled_name.has_value());
}

void Endpoint::Impl::received(Connection& connection, Frame frame) {
  if (handler.on_frame) handler.on_frame(connection.id(), std::move(frame));
}

void Endpoint::Impl::ended(Connection& connection, const std::string& why, bool refused) {
  const auto id = connection.id();
  const bool was_up = connection.is_up();
  const auto dialled_name = dialled(id);
  forget(id);
  if (dialled_name) {
    auto& dial = dials.at(*dialled_name);
    if (dial.why != why) spdlog::info("link with {} at {}:{}: {}", *dialled_name, dial.host, dial.port, why);
    dial.why = why;
    dial_again(*dialled_name, dial);
  } else if (was_up) {
    spdlog::info("link with {}: {}", connection.other(), why);
  } else {
    refusals.refused(why);
  }
  if (was_up) {
    if (handler.on_down) handler.on_down(id, connection.other(), why);
  } else if (dialled_name && handler.on_unreachable) {
    handler.on_unreachable(*dialled_name, why, refused);
  }
}

Loop::TimerId Endpoint::Impl::after(std::int64_t delay_ms, Task task) {
  const auto id = ++last_timer;
  auto& timer = timers[id] = std::make_unique<SteadyTimer>(io, std::chrono::milliseconds(delay_ms));
  timer->async_wait([this, id, mine = std::move(task)](const error_code&) {
    if (timers.erase(id) > 0) run_guarded(mine);  // else it was cancelled
  });
  return id;
}

void Endpoint::Impl::stop() {
  io.stop();
  if (thread.joinable()) thread.join();
  for (const auto& [id, connection] : connections) connection->close();
  connections.clear();
  timers.clear();
  error_code ignored;
  acceptor.close(ignored);
}

Endpoint::Endpoint(Options options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}

Endpoint::~Endpoint() = default;

Result<std::uint16_t> Endpoint::listen() {
  return impl_->listen();
}

void Endpoint::start() {
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
}

void Endpoint::stop() {
  impl_->stop();
}

void Endpoint::dial(const std::string& name, const std::string& host, std::uint16_t port) {
  impl_->hang_up(name);
  const auto timer = impl_->after(0, [impl = impl_.get(), name] { impl->try_dial(name); });
  impl_->dials[name] = {host, port, kRedialMsMin, {}, timer, {}, {}};
}

void Endpoint::hang_up(const std::string& name) {
  impl_->hang_up(name);
}

bool Endpoint::send(ConnectionId connection, const Frame& frame) {
  return impl_->send(connection, frame);
}

void Endpoint::close(ConnectionId connection) {
  impl_->close(connection);
}

std::size_t Endpoint::outstanding_bytes(ConnectionId connection) const {
  const auto* found = impl_->find(connection);
  return found == nullptr ? 0 : found->outstanding_bytes();
}

void Endpoint::post(Task task) {
  asio::post(impl_->io, [mine = std::move(task)] { run_guarded(mine); });
}

Loop::TimerId Endpoint::after(std::int64_t delay_ms, Task task) {
  return impl_->after(delay_ms, std::move(task));
}

void Endpoint::cancel(TimerId timer) {
  impl_->timers.erase(timer);
}

}  // namespace sportapp::link
