#include "ops/import/request_pool.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/url.hpp>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "net/http/content.hpp"
#include "net/http/outgoing_connection.hpp"
#include "ops/import/readable.hpp"

namespace sportapp::importing {
namespace {

namespace asio = boost::asio;
using http::Breakage;
using http::OutgoingConnection;

struct Place {
  http::Upstream upstream;
  std::string authority;  // as the header Host says it
  std::string target;
};

Result<Place> place_of(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty()) {
    return Error{Retry::kNever, fmt::format("'{}' is not an address as http://HOST:PORT/PATH", text)};
  }
  Place place;
  place.upstream.tls = url->scheme() == "https";
  place.upstream.host = url->host_address();
  place.upstream.port = url->has_port() ? url->port_number() : place.upstream.tls ? 443 : 80;
  place.authority = std::string(url->encoded_host_and_port());
  place.target = std::string(url->encoded_target());
  if (place.target.empty()) place.target = "/";
  return place;
}

struct Sent final : http::Outgoing {
  Sent(std::string bytes_given, std::size_t slot_given)
      : Outgoing(std::move(bytes_given)), slot(slot_given) {}
  std::size_t slot;
};

Answer answer_of(http::Response response) {
  Answer answer;
  answer.status = response.status;
  for (const auto& [name, value] : response.headers) {
    if (http::equal_ignoring_case(name, "Retry-After")) {
      std::from_chars(value.data(), value.data() + value.size(), answer.retry_after_s);
    } else if (http::equal_ignoring_case(name, "Idempotency-Replayed")) {
      answer.replayed = value == "true";
    }
  }
  answer.body = std::move(response.body);
  return answer;
}

}  // namespace

struct RequestPool::Impl final : OutgoingConnection::Owner {
  struct Slot {
    std::shared_ptr<OutgoingConnection> connection;  // null: there is none, or none that could be used again
    std::unique_ptr<asio::steady_timer> timer;
    bool under_way = false;
  };

  ~Impl() override {
    for (auto& slot : slots) drop(slot);
  }

  void drop(Slot& slot) {
    if (slot.connection) slot.connection->close();
    slot.connection.reset();
  }
  void end(std::size_t index, Answer answer) {
    auto& slot = slots[index];
    slot.under_way = false;
    slot.timer->cancel();
    finished.push_back({index, std::move(answer)});
  }
  void answered(const std::shared_ptr<OutgoingConnection>&, const http::OutgoingPtr& outgoing,
                http::Response response, bool reusable) override {
    const auto index = static_cast<const Sent&>(*outgoing).slot;
    if (!reusable) slots[index].connection.reset();
    end(index, answer_of(std::move(response)));
  }
  void broken(const std::shared_ptr<OutgoingConnection>& connection, const http::OutgoingPtr& outgoing,
              Breakage, const std::string& why) override {
    for (auto& slot : slots) {
      if (slot.connection == connection) slot.connection.reset();
    }
    if (outgoing) end(static_cast<const Sent&>(*outgoing).slot, {.failure = why});
  }

  Options options;
  Place place;
  asio::io_context io{1};
  std::vector<Slot> slots;
  std::vector<Finished> finished;
};

Result<std::unique_ptr<RequestPool>> RequestPool::make(Options options) {
  auto place = place_of(options.url);
  if (!place) return place.error();
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->place = std::move(*place);
  impl->slots = std::vector<Impl::Slot>(impl->options.slots);
  for (auto& slot : impl->slots) slot.timer = std::make_unique<asio::steady_timer>(impl->io);
  return std::unique_ptr<RequestPool>(new RequestPool(std::move(impl)));
}

RequestPool::RequestPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RequestPool::~RequestPool() = default;

void RequestPool::start(std::size_t index, std::string_view body, const std::string& key) {
  auto& slot = impl_->slots.at(index);
  if (slot.under_way) throw std::logic_error("a request was started in a slot that has one");
  slot.under_way = true;
  auto bytes = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: "
      "{}\r\nIdempotency-Key: {}\r\n\r\n",
      impl_->place.target, impl_->place.authority, body.size(), key);
  bytes += body;
  auto sent = std::make_shared<Sent>(std::move(bytes), index);
  slot.timer->expires_after(std::chrono::milliseconds(impl_->options.timeout_ms));
  slot.timer->async_wait([impl = impl_.get(), index](const boost::system::error_code& error) {
    auto& late = impl->slots[index];
    if (error || !late.under_way) return;
    impl->drop(late);
    impl->end(index, {.failure = fmt::format("no answer within {} ms", impl->options.timeout_ms)});
  });
  if (slot.connection) return slot.connection->send(std::move(sent));
  slot.connection =
      std::make_shared<OutgoingConnection>(impl_->io, *impl_, http::Acceptable{.ends_by_closing = true});
  slot.connection->open(impl_->place.upstream, std::move(sent));
}

std::vector<RequestPool::Finished> RequestPool::collect() {
  impl_->io.restart();
  impl_->io.poll();
  return std::exchange(impl_->finished, {});
}

void RequestPool::wait(const std::vector<int>& fds, std::int64_t timeout_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  Readable readable(impl_->io, fds);
  impl_->io.restart();
  while (impl_->finished.empty() && !readable.any() && impl_->io.run_one_until(until) != 0) continue;
}

}  // namespace sportapp::importing
