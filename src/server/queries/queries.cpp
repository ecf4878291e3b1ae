#include "server/queries/queries.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/clock.hpp"
#include "server/queries/config.hpp"
#include "server/queries/live_model.hpp"
#include "server/queries/query_metrics.hpp"
#include "server/queries/query_routes.hpp"
#include "server/queries/rebuild.hpp"
#include "server/queries/view_set_aside.hpp"
#include "server/service/position_waiters.hpp"
#include "server/service/process.hpp"
#include "store/sqlite/memory.hpp"

namespace sportapp::queries {
namespace {

constexpr std::size_t kWaitersMax = 10'000;
constexpr std::int64_t kOpenEveryMs = 1000;
// Costs a query that names no position so much of its freshness, and saves half of the wake-ups and
// transactions while there are few clients.
constexpr int kGatherMs = 5;

// What a queries process is made of, wired up; all of it on the loop but what the parts do on threads of
// their own, which have ended before the loop's owner goes.
class Queries {
 public:
  Queries(const Config& config, service::Process& process, const domain::Projection& projection,
          const InstanceKey& key)
      : config_(config),
        process_(process),
        key_(key),
        metrics_(*process.metrics()),
        waiters_(process.loop(), kWaitersMax),
        live_(live_options(), projection, clock_, process.loop()),
        rebuild_({.make_feed = feed_maker(),
                  .on_end = [this](std::string_view outcome) { metrics_.rebuilt(outcome); },
                  .fetch_base = make_http_fetch(config.feeds, process.credential())},
                 live_, projection, clock_),
        set_aside_(config.service, live_, process.loop(), [this] { (void)rebuild_.start(); }),
        routes_(projection, live_, waiters_) {}

  void start() {
    if (auto removed = rebuild_.remove_leftovers(); !removed) spdlog::warn("{}", removed.error().what);
    routes_.add_to(process_.router());
    rebuild_.add_to(process_.router());
    set_aside_.add_to(process_.router());
    describe();
    keep_open();
  }

 private:
  LiveModel::Options live_options() {
    auto redis = config_.redis;
    redis.password = messaging::redis_password(key_);
    return {.file = config_.data / "read_model.db",
            .consumer = {.redis = std::move(redis),
                         .seal = messaging::Seal(config_.service, key_),
                         .gather_ms = kGatherMs},
            .make_feed = feed_maker(),
            .on_written = [this](const auto& written) { metrics_.written(written); },
            .on_position = [this](Seq position) { waiters_.reached(position); },
            .on_damaged = [this] { rebuild_.start_for_damage(); },
            .on_gone = [this] { rebuild_.start_for_gone(); },
            .on_other_history = [this] { rebuild_.start_for_other_history(); }};
  }

  std::function<std::unique_ptr<messaging::EventSource>()> feed_maker() const {
    return
        [nodes = config_.feeds, seal = messaging::Seal(config_.service, key_),
         credential = process_.credential()] { return messaging::make_http_feed(nodes, seal, credential); };
  }

  // A disk that is full or read-only at the start is waited for: the process is not ready meanwhile.
  void keep_open() {
    const auto opened = live_.open();
    if (!opened && opened.error().what != why_closed_) spdlog::error("{}", opened.error().what);
    why_closed_ = opened ? std::string() : opened.error().what;
    process_.loop().after(kOpenEveryMs, [this] { keep_open(); });
  }

  void describe() {
    process_.ready_when([this]() -> std::optional<std::string> {
      if (live_.reader() != nullptr) return std::nullopt;
      return "the read model is not open: " + why_closed_;
    });
    process_.describe("role", [] { return std::string("queries"); });
    process_.describe("state", [this] { return live_.state(); });
    process_.describe("reading", [this] { return live_.reading(); });
    process_.describe_number("position", [this] { return live_.position().value; });
    process_.describe_number("set_aside", [this] { return live_.set_aside(); });
    process_.describe_number("refused", [this] { return live_.refused(); });
    process_.describe("refused_why", [this] { return live_.refused_why(); });
    process_.on_metrics([this] {
      metrics_.at(live_.position());
      metrics_.set_aside(live_.set_aside());
      metrics_.reading(live_.reading());
      metrics_.refused(live_.refused());
      metrics_.waiting(waiters_.size());
    });
  }

  const SystemClock clock_;
  const Config& config_;
  service::Process& process_;
  const InstanceKey key_;
  QueryMetrics metrics_;
  service::PositionWaiters waiters_;
  LiveModel live_;
  Rebuild rebuild_;         // ends before the live model that it changes
  ViewSetAside set_aside_;  // likewise
  QueryRoutes routes_;
  std::string why_closed_;
};

int run(const Config& config, const domain::Projection& projection) {
  if (config.feeds.empty() || config.feeds.front().port == 0) {
    spdlog::error("the configuration lacks [[feed]] port: where the commands process of {} is",
                  config.service);
    return 2;
  }
  const auto key = load_key(config.key_file);
  if (!key) {
    spdlog::error("{}", key.error().what);
    return 1;
  }
  service::Process process(config);
  Queries queries(config, process, projection, *key);
  queries.start();
  return process.run();
}

}  // namespace

int run_queries(int argc, char** argv, const domain::Projection& projection) {
  const auto config = service::start_from_command_line(argc, argv, load_config);
  if (!config) return 2;
  sqlite::limit_memory(config->cache_mb);
  return run(*config, projection);
}

}  // namespace sportapp::queries
