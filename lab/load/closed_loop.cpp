#include <algorithm>
#include <utility>

#include "lab/load/runner.hpp"

namespace sportapp::lab {
namespace {

// After a request without an answer, also where clients do not think: nobody knocks at a dead server as fast
// as it can refuse.
constexpr std::int64_t kPauseAfterFailureUs = 10'000;

class ClosedLoop final : public LoadRunner {
 public:
  using LoadRunner::LoadRunner;

 private:
  // Clients begin one after the other, so that they do not think in step.
  void start() override {
    for (const auto& client : clients_) {
      due_at(*client, client->chance.between(0, options_.think_ms * 1000));
    }
  }

  void ended(const ExchangePtr& exchange) override {
    auto& client = *exchange->client;
    const auto think_us = options_.think_ms * 1000;
    auto pause_us = think_us / 2 + client.chance.between(0, think_us);
    const bool answered =
        exchange->request.outcome.front() >= '0' && exchange->request.outcome.front() <= '9';
    if (!answered) pause_us = std::max(pause_us, kPauseAfterFailureUs);
    due_at(client, exchange->request.answered_us + pause_us);
  }

  void due_at(SimulatedUser& client, std::int64_t due_us) {
    at(due_us, [this, &client, due_us] {
      send(static_cast<std::size_t>(client.number - 1), make_due(maker_.next(client), due_us, &client));
    });
  }
};

}  // namespace

std::unique_ptr<LoadRunner> make_closed_loop(http::ClientLoop& loop, const LoadOptions& options,
                                             RequestMaker maker, RequestLogWriter& log,
                                             std::int64_t started_us) {
  return std::make_unique<ClosedLoop>(loop, options, std::move(maker), log, started_us);
}

}  // namespace sportapp::lab
