#include "net/http/forwarder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "net/http/content.hpp"
#include "net/http/outgoing_connection.hpp"

namespace sportapp::http {
namespace {

constexpr std::array<std::string_view, 5> kPassedOn{"Content-Type", "Idempotency-Key", "Prefer",
                                                    "Sportapp-Position", "X-Request-Id"};

constexpr std::array<std::string_view, 6> kGivenBack{"Location",           "Sportapp-Position",
                                                     "Retry-After",        "Idempotency-Replayed",
                                                     "Preference-Applied", "Sportapp-Not-Primary"};

std::vector<std::pair<std::string, std::string>> given_back(
    std::vector<std::pair<std::string, std::string>> headers) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const auto name : kGivenBack) {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
      return equal_ignoring_case(name, header.first);
    });
    if (found != headers.end()) kept.emplace_back(name, std::move(found->second));
  }
  return kept;
}

// A request on its way: in the queue, then on one connection, until its outcome is told.
struct Forwarded final : Outgoing {
  Forwarded(std::string bytes_given, Forwarder::Done done_given)
      : Outgoing(std::move(bytes_given)), done(std::move(done_given)) {}
  Forwarder::Done done;
  Loop::TimerId timer = 0;
};
using ForwardedPtr = std::shared_ptr<Forwarded>;

ForwardedPtr forwarded_of(const OutgoingPtr& outgoing) {
  return std::static_pointer_cast<Forwarded>(outgoing);
}

class Pool final : public Forwarder, public OutgoingConnection::Owner {
 public:
  Pool(Server& server, ForwarderOptions options) : server_(server), options_(std::move(options)) {}
  ~Pool() override;

  void go_to(const Upstream& upstream) override;
  void abandon() override;
  void send(const Request& request, std::int64_t timeout_ms, Done done) override;

 private:
  using Connection = std::shared_ptr<OutgoingConnection>;

  void answered(const Connection& connection, const OutgoingPtr& outgoing, Response response,
                bool reusable) override;
  void broken(const Connection& connection, const OutgoingPtr& outgoing, Breakage breakage,
              const std::string& why) override;
  void timed_out(const ForwardedPtr& forwarded, std::int64_t timeout_ms);
  void forget(const Connection& connection);
  void pump();
  [[nodiscard]] ForwardedPtr next();
  void end(const ForwardedPtr& forwarded, Result<Response> outcome);
  [[nodiscard]] std::string bytes_of(const Request& request) const;
  [[nodiscard]] Error no_answer(const std::string& why) const;
  [[nodiscard]] std::vector<ForwardedPtr> drop_all();

  Server& server_;
  const ForwarderOptions options_;
  std::optional<Upstream> upstream_;
  std::unordered_set<ForwardedPtr> under_way_;  // queued or on a connection
  std::deque<ForwardedPtr> queue_;
  std::unordered_set<Connection> connections_;
  std::vector<Connection> idle_;
};

Pool::~Pool() {
  for (const auto& forwarded : drop_all()) server_.cancel(forwarded->timer);
}

void Pool::go_to(const Upstream& upstream) {
  if (upstream_ == upstream) return;
  upstream_ = upstream;
  abandon();
}

// All state is settled before the first outcome is told: whoever hears it may send again.
void Pool::abandon() {
  const auto dropped = drop_all();
  for (const auto& forwarded : dropped) end(forwarded, no_answer("it was given up"));
}

std::vector<ForwardedPtr> Pool::drop_all() {
  std::vector<ForwardedPtr> dropped(under_way_.begin(), under_way_.end());
  under_way_.clear();
  queue_.clear();
  idle_.clear();
  for (const auto& connection : std::exchange(connections_, {})) connection->close();
  return dropped;
}

void Pool::send(const Request& request, std::int64_t timeout_ms, Done done) {
  if (!upstream_) return done(no_answer("no address is known"));
  if (queue_.size() >= options_.queue_max) {
    return done(no_answer(fmt::format("{} requests wait already", queue_.size())));
  }
  auto forwarded = std::make_shared<Forwarded>(bytes_of(request), std::move(done));
  forwarded->timer = server_.after(timeout_ms, [this, weak = std::weak_ptr(forwarded), timeout_ms] {
    if (const auto late = weak.lock()) timed_out(late, timeout_ms);
  });
  under_way_.insert(forwarded);
  queue_.push_back(std::move(forwarded));
  pump();
}

void Pool::pump() {
  while (!idle_.empty() || connections_.size() < options_.connections_max) {
    auto forwarded = next();
    if (!forwarded) return;
    if (!idle_.empty()) {
      const auto connection = std::move(idle_.back());
      idle_.pop_back();
      connection->send(std::move(forwarded));
    } else {
      const auto connection = std::make_shared<OutgoingConnection>(server_.io(), *this);
      connections_.insert(connection);
      connection->open(*upstream_, std::move(forwarded));
    }
  }
}

// Those whose time ran out in the queue are passed over.
ForwardedPtr Pool::next() {
  while (!queue_.empty()) {
    auto forwarded = std::move(queue_.front());
    queue_.pop_front();
    if (under_way_.contains(forwarded)) return forwarded;
  }
  return nullptr;
}

void Pool::answered(const Connection& connection, const OutgoingPtr& outgoing, Response response,
                    bool reusable) {
  reusable ? idle_.push_back(connection) : forget(connection);
  pump();
  response.headers = given_back(std::move(response.headers));
  end(forwarded_of(outgoing), std::move(response));
}

void Pool::broken(const Connection& connection, const OutgoingPtr& outgoing, Breakage breakage,
                  const std::string& why) {
  forget(connection);
  // Where nobody listens, the rest need not knock one by one.
  std::deque<ForwardedPtr> refused;
  if (breakage == Breakage::kNoConnection) refused.swap(queue_);
  pump();
  if (outgoing) end(forwarded_of(outgoing), no_answer(why));
  for (const auto& one : refused) end(one, no_answer(why));
}

void Pool::timed_out(const ForwardedPtr& forwarded, std::int64_t timeout_ms) {
  under_way_.erase(forwarded);
  if (const auto connection = forwarded->connection.lock()) {
    connection->close();
    forget(connection);
  }
  pump();
  end(forwarded, no_answer(fmt::format("none came within {} ms", timeout_ms)));
}

void Pool::forget(const Connection& connection) {
  connections_.erase(connection);
  std::erase(idle_, connection);
}

void Pool::end(const ForwardedPtr& forwarded, Result<Response> outcome) {
  under_way_.erase(forwarded);
  server_.cancel(forwarded->timer);
  if (const auto done = std::exchange(forwarded->done, nullptr)) done(std::move(outcome));
}

std::string Pool::bytes_of(const Request& request) const {
  std::string bytes;
  bytes.reserve(512 + request.body.size());
  const auto out = std::back_inserter(bytes);
  fmt::format_to(out, "{} {}{}{} HTTP/1.1\r\nHost: {}\r\nSportapp-Forwarded: {}\r\nContent-Length: {}\r\n",
                 request.method, request.path, request.query.empty() ? "" : "?", request.query,
                 upstream_->host.empty() ? "localhost" : upstream_->host, options_.node, request.body.size());
  for (const auto& [name, value] : request.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
  bytes.append("\r\n").append(request.body);
  return bytes;
}

Error Pool::no_answer(const std::string& why) const {
  if (!upstream_) return {Retry::kLater, "no answer: " + why};
  const auto where = upstream_->local_socket.empty() ? fmt::format("{}:{}", upstream_->host, upstream_->port)
                                                     : upstream_->local_socket.string();
  return {Retry::kOutcomeUnknown, fmt::format("no answer from {}: {}", where, why)};
}

}  // namespace

Request passed_on(const Request& request) {
  Request passed;
  passed.method = request.method;
  passed.path = request.path;
  passed.query = request.query;
  passed.body = request.body;
  passed.headers.reserve(kPassedOn.size());
  for (const auto& header : request.headers) {
    const auto matches = [&](std::string_view name) { return equal_ignoring_case(name, header.first); };
    if (std::any_of(kPassedOn.begin(), kPassedOn.end(), matches)) passed.headers.push_back(header);
  }
  return passed;
}

std::unique_ptr<Forwarder> make_forwarder(Server& server, ForwarderOptions options) {
  return std::make_unique<Pool>(server, std::move(options));
}

}  // namespace sportapp::http
