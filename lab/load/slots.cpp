#include "lab/load/slots.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/clock.hpp"

namespace sportapp::lab {
namespace {

// A server closes what is idle for long, perhaps at the moment when a request is on its way: that would be
// the client's mistake, so it goes over a new connection.
constexpr std::int64_t kIdleMaxUs = 30'000'000;

std::string_view outcome_of(http::Breakage breakage) {
  switch (breakage) {
    case http::Breakage::kNoConnection:
      return kOutcomeRefused;
    case http::Breakage::kCut:
      return kOutcomeCut;
    case http::Breakage::kNotHttp:
      break;
  }
  return kOutcomeBroken;
}

}  // namespace

ConnectionSlots::ConnectionSlots(http::ClientLoop& loop, Options options, Ended ended)
    : loop_(loop), options_(std::move(options)), ended_(std::move(ended)), slots_(options_.count) {}

ConnectionSlots::~ConnectionSlots() {
  for (auto& slot : slots_) {
    if (slot.under_way) loop_.cancel(slot.under_way->timer);
    drop(slot);
  }
}

std::int64_t ConnectionSlots::now_us() const {
  return monotonic_us() - options_.started_us;
}

void ConnectionSlots::send(std::size_t index, ExchangePtr exchange) {
  auto& slot = slots_[index];
  auto& request = exchange->request;
  request.sent_us = now_us();
  exchange->slot = index;
  exchange->timer = loop_.at(options_.started_us + request.due_us + options_.timeout_us,
                             [this, exchange] { timed_out(exchange); });
  slot.under_way = exchange;
  if (slot.connection && request.sent_us - slot.used_us > kIdleMaxUs) drop(slot);
  if (slot.connection) return slot.connection->send(std::move(exchange));
  slot.connection = std::make_shared<http::OutgoingConnection>(loop_.io(), *this);
  slot_of_.emplace(slot.connection.get(), index);
  slot.connection->open(options_.upstream, std::move(exchange));
}

void ConnectionSlots::answered(const Connection&, const http::OutgoingPtr& outgoing, http::Response response,
                               bool reusable) {
  const auto exchange = std::static_pointer_cast<Exchange>(outgoing);
  if (!reusable) drop(slots_[exchange->slot]);
  auto& request = exchange->request;
  for (auto& [name, value] : response.headers) {
    if (name == "Retry-After") {
      request.retry_after = std::move(value);
    } else if (name == "Sportapp-Position") {
      request.position = std::move(value);
    }
  }
  request.answer = std::move(response.body);
  if (request.op == Op::kRead && request.answer.size() > kAnswerBytesOfRead)
    request.answer.resize(kAnswerBytesOfRead);
  end(exchange, fmt::format("{}", response.status));
}

void ConnectionSlots::broken(const Connection& connection, const http::OutgoingPtr& outgoing,
                             http::Breakage breakage, const std::string& why) {
  const auto found = slot_of_.find(connection.get());
  if (found == slot_of_.end()) return;  // given up already
  drop(slots_[found->second]);
  if (!outgoing) return;
  const auto exchange = std::static_pointer_cast<Exchange>(outgoing);
  exchange->request.answer = why;
  end(exchange, outcome_of(breakage));
}

void ConnectionSlots::timed_out(const ExchangePtr& exchange) {
  drop(slots_[exchange->slot]);
  end(exchange, kOutcomeTimeout);
}

void ConnectionSlots::give_up() {
  for (auto& slot : slots_) {
    if (slot.under_way) timed_out(ExchangePtr(slot.under_way));
  }
}

void ConnectionSlots::drop(Slot& slot) {
  if (!slot.connection) return;
  slot_of_.erase(slot.connection.get());
  slot.connection->close();
  slot.connection.reset();
}

void ConnectionSlots::end(const ExchangePtr& exchange, std::string_view outcome) {
  loop_.cancel(exchange->timer);
  exchange->request.outcome = outcome;
  exchange->request.answered_us = now_us();
  auto& slot = slots_[exchange->slot];
  slot.used_us = exchange->request.answered_us;
  slot.under_way.reset();
  ended_(exchange);
}

}  // namespace sportapp::lab
