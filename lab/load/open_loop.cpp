#include <cmath>
#include <utility>

#include "lab/load/runner.hpp"

namespace sportapp::lab {
namespace {

constexpr int kArrivals = -1;  // whose chance it is when they come

class OpenLoop final : public LoadRunner {
 public:
  OpenLoop(http::ClientLoop& loop, const LoadOptions& options, RequestMaker maker, RequestLogWriter& log,
           std::int64_t started_us)
      : LoadRunner(loop, options, std::move(maker), log, started_us),
        arrivals_(SimulatedUser(options.seed, kArrivals).chance) {
    for (int slot = options.connections_max; slot > 0; --slot)
      free_.push_back(static_cast<std::size_t>(slot - 1));
  }

 private:
  void start() override {
    next_us_ = gap_us();
    wait_for_next();
  }

  // However late the loop is: each counts from when it was due.
  void wait_for_next() {
    at(static_cast<std::int64_t>(next_us_), [this] {
      const auto until_us = static_cast<double>(now_us());
      for (; next_us_ <= until_us && !stopped(); next_us_ += gap_us())
        arrive(static_cast<std::int64_t>(next_us_));
      wait_for_next();
    });
  }

  // Times between arrivals that know nothing of each other.
  double gap_us() {
    constexpr double kSteps = 9007199254740992.0;  // 2^53
    const auto chance = (static_cast<double>(arrivals_.next() >> 11U) + 0.5) / kSteps;
    return -std::log(chance) * 1e6 / options_.rate_per_s;
  }

  void arrive(std::int64_t due_us) {
    auto& client = *clients_[static_cast<std::size_t>(arrivals_.below(options_.clients))];
    auto exchange = make_due(maker_.next(client), due_us, &client);
    if (!free_.empty()) {
      const auto slot = free_.back();
      free_.pop_back();
      send(slot, std::move(exchange));
    } else if (waiting_.size() < static_cast<std::size_t>(options_.waiting_max)) {
      waiting_.push_back(std::move(exchange));
    } else {
      leave_unsent(exchange);
    }
  }

  void ended(const ExchangePtr& exchange) override {
    while (!waiting_.empty()) {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      if (now_us() - next->request.due_us < options_.timeout_ms * 1000) return send(exchange->slot, next);
      leave_unsent(next);
    }
    free_.push_back(exchange->slot);
  }

  void give_up_waiting() override {
    for (const auto& exchange : waiting_) leave_unsent(exchange);
    waiting_.clear();
  }

  Random arrivals_;
  double next_us_ = 0;
  std::vector<std::size_t>
      free_;  // the last used first, so that few connections are kept where few are needed
  std::deque<ExchangePtr> waiting_;
};

}  // namespace

std::unique_ptr<LoadRunner> make_open_loop(http::ClientLoop& loop, const LoadOptions& options,
                                           RequestMaker maker, RequestLogWriter& log,
                                           std::int64_t started_us) {
  return std::make_unique<OpenLoop>(loop, options, std::move(maker), log, started_us);
}

}  // namespace sportapp::lab
