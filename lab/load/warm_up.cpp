#include "lab/load/warm_up.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "lab/request/answer.hpp"
#include "net/http/client.hpp"

namespace sportapp::lab {
namespace {

constexpr int kStockedProducts = 10;  // so that not all orders change one row
constexpr std::int64_t kStock = 1'000'000'000;
constexpr int kWarmer = -2;  // its number among the clients
constexpr std::chrono::milliseconds kBetweenTries{50};

class WarmUp {
 public:
  WarmUp(const LoadOptions& options, int within_ms, const std::function<void(Request)>& on_ended)
      : maker_(options),
        warmer_(options.seed, kWarmer),
        http_(options.host, options.port, within_ms),
        until_us_(monotonic_us() + std::int64_t{within_ms} * 1000),
        on_ended_(on_ended) {}

  Result<Shop> run() {
    Shop shop;
    const auto user = made([this] { return maker_.registration(warmer_); });
    if (!user) return user.error();
    shop.user = *user;
    for (int count = 0; count < kStockedProducts; ++count) {
      const auto product = made([this] { return maker_.product(warmer_, kStock); });
      if (!product) return product.error();
      maker_.open({shop.user, {*product}});
      if (const auto order = made([this] { return maker_.order(warmer_); }); !order) return order.error();
      shop.products.push_back(*product);
    }
    return shop;
  }

 private:
  // Its id. Each try is a request of its own.
  Result<std::int64_t> made(const std::function<Planned()>& plan) {
    for (;;) {
      auto planned = plan();
      planned.request.sent_us = planned.request.due_us = monotonic_us();
      const auto answer = http_.post(planned.target, planned.body, planned.header_lines);
      planned.request.answered_us = monotonic_us();
      planned.request.outcome = answer ? fmt::format("{}", answer->status) : std::string(kOutcomeCut);
      planned.request.answer = answer ? answer->body : answer.error().what;
      if (answer) planned.request.position = answer->header("sportapp-position");
      const auto id = answer && answer->status == 200 ? id_in(answer->body) : 0;
      const auto said = fmt::format("{} {}", planned.request.outcome, planned.request.answer);
      on_ended_(std::move(planned.request));
      if (id != 0) return id;
      if (monotonic_us() > until_us_) {
        return Error{Retry::kLater,
                     fmt::format("what orders need cannot be made: the last answer from {} was {}",
                                 planned.target, said)};
      }
      std::this_thread::sleep_for(kBetweenTries);
    }
  }

  RequestMaker maker_;
  SimulatedUser warmer_;
  http::Client http_;
  const std::int64_t until_us_;
  const std::function<void(Request)>& on_ended_;
};

}  // namespace

Result<Shop> warm_up(const LoadOptions& options, int within_ms,
                     const std::function<void(Request)>& on_ended) {
  return WarmUp(options, within_ms, on_ended).run();
}

}  // namespace sportapp::lab
