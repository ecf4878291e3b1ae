#include "lab/load/runner.hpp"

#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kFlushEveryMs = 200;
constexpr std::size_t kPoisonSlots = 16;
constexpr int kPoisoner = 0;  // its number among the clients

std::size_t slots_needed(const LoadOptions& options) {
  return static_cast<std::size_t>(options.rate_per_s > 0 ? options.connections_max : options.clients);
}

}  // namespace

LoadRunner::LoadRunner(http::ClientLoop& loop, const LoadOptions& options, RequestMaker maker,
                       RequestLogWriter& log, std::int64_t started_us)
    : options_(options),
      maker_(std::move(maker)),
      loop_(loop),
      log_(log),
      started_us_(started_us),
      slots_of_clients_(slots_needed(options)),
      slots_(loop,
             {.upstream = {{}, options.host, options.port},
              .count = slots_of_clients_ + kPoisonSlots,
              .timeout_us = options.timeout_ms * 1000,
              .started_us = started_us},
             [this](const ExchangePtr& exchange) { on_ended(exchange); }),
      poisoner_(options.seed, kPoisoner) {
  for (int number = 1; number <= options.clients; ++number) {
    clients_.push_back(std::make_unique<SimulatedUser>(options.seed, number));
  }
}

void LoadRunner::begin(std::int64_t last_number) {
  last_number_ = last_number;
  flush();
  start();
}

void LoadRunner::at(std::int64_t time_us, Loop::Task task) {
  loop_.at(started_us_ + time_us, [this, task = std::move(task)] {
    if (!stopped_) task();
  });
}

ExchangePtr LoadRunner::make_due(const Planned& planned, std::int64_t due_us, SimulatedUser* client) {
  auto exchange = std::make_shared<Exchange>(maker_.bytes_of(planned), planned.request, client);
  exchange->request.number = ++last_number_;
  exchange->request.due_us = due_us;
  ++open_;
  due_.fetch_add(1);
  return exchange;
}

void LoadRunner::send(std::size_t slot, ExchangePtr exchange) {
  slots_.send(slot, std::move(exchange));
}

void LoadRunner::leave_unsent(const ExchangePtr& exchange) {
  auto& request = exchange->request;
  request.outcome = kOutcomeUnsent;
  request.sent_us = request.answered_us = now_us();
  note(request);
}

void LoadRunner::on_ended(const ExchangePtr& exchange) {
  note(exchange->request);
  if (exchange->client != nullptr) learn(*exchange->client, exchange->request);
  if (exchange->slot < slots_of_clients_) ended(exchange);
  end_if_done();
}

void LoadRunner::note(const Request& request) {
  --open_;
  ended_count_.fetch_add(1);
  if (request.outcome == "200") acknowledged_.fetch_add(1);
  if (auto added = log_.add(request); !added) fail(added.error());
}

void LoadRunner::poison(const std::string& what) {
  if (stopped_) return;
  auto exchange = make_due(maker_.poison(poisoner_, what), now_us(), nullptr);
  for (auto slot = slots_of_clients_; slot < slots_of_clients_ + kPoisonSlots; ++slot) {
    if (slots_.is_free(slot)) return send(slot, std::move(exchange));
  }
  leave_unsent(exchange);
}

void LoadRunner::stop() {
  stopped_ = true;
  end_if_done();
}

void LoadRunner::give_up() {
  stopped_ = true;
  give_up_waiting();  // first: a slot that becomes free takes the next that waits
  slots_.give_up();
  end_if_done();
}

void LoadRunner::flush() {
  if (auto flushed = log_.flush(); !flushed) fail(flushed.error());
  loop_.after(kFlushEveryMs, [this] { flush(); });
}

// A load without a log shows nothing: it stops.
void LoadRunner::fail(const Error& error) {
  if (!error_) error_ = error;
  stopped_ = true;
  end_if_done();
}

void LoadRunner::end_if_done() {
  if (stopped_ && open_ == 0) loop_.end();
}

LoadCounts LoadRunner::counts() const {
  LoadCounts counts;
  counts.acknowledged = acknowledged_.load();
  counts.ended = ended_count_.load();
  counts.due = due_.load();
  return counts;
}

}  // namespace sportapp::lab
