#include "lab/agent/proxy.hpp"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "lab/agent/proxied_connection.hpp"

namespace sportapp::lab {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// As many as may be open: where it overflows, the kernel drops the first packet of a connection and the
// client waits for a second or more, which no rule asked for.
constexpr int kBacklog = Proxy::kConnectionsMax;
constexpr auto kAcceptAgain = std::chrono::milliseconds(100);  // where there were no more descriptors
constexpr auto kAnswersWithin = std::chrono::seconds(20);

struct Link {
  explicit Link(asio::io_context& io) : acceptor(io), accept_again(io) {}
  tcp::acceptor acceptor;
  asio::steady_timer accept_again;
  Proxy::Target target;
  Shapers shapers;
  std::set<std::shared_ptr<ProxiedConnection>> connections;
};

}  // namespace

struct Proxy::Impl {
  ~Impl();
  // What `work` gives, done on the thread of the proxy.
  template <class Value>
  Result<Value> on_thread(std::function<Result<Value>()> work);
  Result<std::uint16_t> open(Target target);
  Result<void> treat(std::uint16_t port, Direction direction, const LinkRule& rule);

 private:
  void accept(Link& link);
  void take(Link& link, tcp::socket socket);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  // The thread's own.
  std::map<std::uint16_t, std::unique_ptr<Link>> links_;  // by port
  std::size_t connections_ = 0;
  std::thread thread_{[this] { io_.run(); }};  // last: the rest must be there before it starts
};

Proxy::Impl::~Impl() {
  asio::post(io_, [this] {
    for (const auto& [port, link] : links_) {
      error_code ignored;
      link->acceptor.close(ignored);
      link->accept_again.cancel();
      for (const auto& connection : std::set(link->connections)) connection->close();
    }
    work_.reset();
  });
  thread_.join();
}

template <class Value>
Result<Value> Proxy::Impl::on_thread(std::function<Result<Value>()> work) {
  std::packaged_task<Result<Value>()> task(std::move(work));
  auto done = task.get_future();
  asio::post(io_, std::move(task));
  if (done.wait_for(kAnswersWithin) != std::future_status::ready) {
    return Error{Retry::kLater, "links: the proxy does not answer; end the run and start it again"};
  }
  return done.get();
}

Result<std::uint16_t> Proxy::Impl::open(Target target) {
  auto link = std::make_unique<Link>(io_);
  link->target = std::move(target);
  error_code error;
  const tcp::endpoint anywhere(asio::ip::address_v4::loopback(), 0);
  auto& acceptor = link->acceptor;
  if (!acceptor.open(tcp::v4(), error) && !acceptor.bind(anywhere, error)) acceptor.listen(kBacklog, error);
  const auto local = error ? tcp::endpoint() : acceptor.local_endpoint(error);
  if (error) return Error{Retry::kLater, fmt::format("links: cannot listen: {}", error.message())};
  const auto& kept = links_[local.port()] = std::move(link);
  accept(*kept);
  return local.port();
}

Result<void> Proxy::Impl::treat(std::uint16_t port, Direction direction, const LinkRule& rule) {
  const auto found = links_.find(port);
  if (found == links_.end()) return Error{Retry::kNever, fmt::format("no link has port {}", port)};
  auto& link = *found->second;
  const std::array<LinkAction, 2> before{link.shapers[0].rule().action, link.shapers[1].rule().action};
  for (const int shaper : {0, 1}) {
    const bool chosen = direction == Direction::kBoth || direction == static_cast<Direction>(shaper);
    if (chosen) link.shapers[static_cast<std::size_t>(shaper)].treat(rule);
  }
  for (const auto& connection : std::set(link.connections)) {
    for (const int shaper : {0, 1}) connection->treated(shaper, before[static_cast<std::size_t>(shaper)]);
    connection->advance();
  }
  return {};
}

void Proxy::Impl::accept(Link& link) {
  link.acceptor.async_accept([this, &link](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !link.acceptor.is_open()) return;
    if (!error) {
      take(link, std::move(socket));
      return accept(link);
    }
    link.accept_again.expires_after(kAcceptAgain);
    link.accept_again.async_wait([this, &link](const error_code& cancelled) {
      if (!cancelled) accept(link);
    });
  });
}

void Proxy::Impl::take(Link& link, tcp::socket socket) {
  if (connections_ >= kConnectionsMax) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    return;
  }
  const auto connection = std::make_shared<ProxiedConnection>(std::move(socket), link.shapers, link.target);
  link.connections.insert(connection);
  ++connections_;
  connection->start([this, &link, over = connection.get()] {
    --connections_;
    std::erase_if(link.connections, [over](const auto& one) { return one.get() == over; });
  });
}

Result<std::unique_ptr<Proxy>> Proxy::start() {
  try {
    return std::unique_ptr<Proxy>(new Proxy(std::make_unique<Impl>()));
  } catch (const std::runtime_error& error) {  // no descriptors, or no thread
    return Error{Retry::kLater, fmt::format("links: cannot wait for events: {}", error.what())};
  }
}

Proxy::Proxy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Proxy::~Proxy() = default;

Result<std::uint16_t> Proxy::open(Target target) {
  return impl_->on_thread<std::uint16_t>(
      [impl = impl_.get(), target = std::move(target)] { return impl->open(target); });
}

Result<void> Proxy::treat(std::uint16_t port, Direction direction, const LinkRule& rule) {
  return impl_->on_thread<void>(
      [impl = impl_.get(), port, direction, rule] { return impl->treat(port, direction, rule); });
}

}  // namespace sportapp::lab
