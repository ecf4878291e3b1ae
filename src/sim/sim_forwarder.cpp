#include "sim/sim_forwarder.hpp"

#include <algorithm>
#include <utility>

#include "sim/http_form.hpp"

namespace sportapp::simulator {
namespace {

// So few that requests wait, and that some find no room.
constexpr std::size_t kConnectionsMax = 2, kWaitMax = 4;

}  // namespace

void SimForwarder::go_to(const http::Upstream& upstream) {
  if (to_ == upstream.host) return;
  const auto dropped = drop_all();
  to_ = upstream.host;
  for (const auto& sent : dropped) sent.done(no_answer("it was given up"));
}

void SimForwarder::abandon() {
  for (const auto& sent : drop_all()) sent.done(no_answer("it was given up"));
}

std::vector<SimForwarder::Sent> SimForwarder::drop_all() {
  given_up_[to_] += static_cast<int>(std::ssize(dialling_));
  dialling_.clear();
  queue_.clear();
  for (const auto& [link, number] : std::exchange(connections_, {})) network_.hang_up(link, host_);
  std::vector<Sent> dropped;
  for (auto& [number, sent] : std::exchange(under_way_, {})) {
    loop_.cancel(sent.timer);
    dropped.push_back(std::move(sent));
  }
  return dropped;
}

void SimForwarder::send(const http::Request& request, std::int64_t timeout_ms, Done done) {
  if (to_.empty()) return done(no_answer("no address is known"));
  if (queue_.size() >= kWaitMax) return done(no_answer("too many wait already"));
  const auto number = ++last_;
  auto passed_on = request_of(request);
  passed_on.id = number;
  passed_on.forwarded = true;
  const auto timer = loop_.after(timeout_ms, [this, number] { timed_out(number); });
  under_way_.emplace(number, Sent{encode(passed_on), std::move(done), timer});
  queue_.push_back(number);
  pump();
}

void SimForwarder::pump() {
  while (!queue_.empty()) {
    const auto idle = std::find_if(connections_.begin(), connections_.end(),
                                   [](const auto& connection) { return connection.second == 0; });
    const bool has_idle = idle != connections_.end();
    if (!has_idle && connections_.size() + dialling_.size() >= kConnectionsMax) return;
    const auto number = queue_.front();
    queue_.pop_front();
    if (!under_way_.contains(number)) continue;  // its time ran out
    if (has_idle) {
      put_on(idle->first, number);
    } else {
      dialling_.push_back(number);
      network_.dial(host_, to_, Purpose::kRequest);
    }
  }
}

void SimForwarder::put_on(LinkId link, Number number) {
  auto& sent = under_way_.at(number);
  sent.link = link;
  connections_[link] = number;
  network_.send(link, host_, sent.bytes);
}

void SimForwarder::dialled(const std::string& to, std::optional<LinkId> link) {
  if (auto& unwanted = given_up_[to]; unwanted > 0) {
    --unwanted;
    if (link) network_.hang_up(*link, host_);
    return;
  }
  const auto number = dialling_.front();
  dialling_.pop_front();
  if (link) return put_on(*link, number);
  // Where nobody listens, the rest need not knock one by one.
  const auto refused = std::exchange(queue_, {});
  end(number, no_answer("no connection"));
  for (const auto one : refused) end(one, no_answer("no connection"));
}

void SimForwarder::reply(LinkId link, const Reply& reply) {
  const auto found = connections_.find(link);
  if (found == connections_.end() || found->second != reply.request) return;
  found->second = 0;
  pump();
  end(reply.request, to_http(reply));
}

void SimForwarder::broken(LinkId link) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const auto number = found->second;
  connections_.erase(found);
  pump();
  end(number, no_answer("the connection broke"));
}

void SimForwarder::timed_out(Number number) {
  const auto late = under_way_.extract(number);
  if (const auto link = late.mapped().link; link != 0) {
    network_.hang_up(link, host_);
    connections_.erase(link);
  } else if (std::erase(dialling_, number) > 0) {
    ++given_up_[to_];
  }
  pump();
  late.mapped().done(no_answer("none came in time"));
}

// Nothing, when it ended meanwhile.
void SimForwarder::end(Number number, Result<http::Response> outcome) {
  const auto ended = under_way_.extract(number);
  if (!ended) return;
  loop_.cancel(ended.mapped().timer);
  ended.mapped().done(std::move(outcome));
}

Error SimForwarder::no_answer(const std::string& why) const {
  if (to_.empty()) return {Retry::kLater, "no answer: " + why};
  return {Retry::kOutcomeUnknown, "no answer from " + to_ + ": " + why};
}

}  // namespace sportapp::simulator
