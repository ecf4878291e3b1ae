#include "server/queries/query_metrics.hpp"

namespace sportapp::queries {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

// Close together around 50 ms, the bound we hold ourselves to.
prometheus::Histogram::BucketBoundaries lag_buckets_s() {
  return {0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.045, 0.05,
          0.055, 0.06,  0.07,  0.08, 0.1,   0.15, 0.2,   0.5,  1,     2,    5,     10};
}

prometheus::Family<prometheus::Gauge>& reading_family(prometheus::Registry& registry) {
  return BuildGauge()
      .Name("sportapp_projection_reading")
      .Help("1 for where events come from at present")
      .Register(registry);
}

}  // namespace

QueryMetrics::QueryMetrics(prometheus::Registry& registry)
    : lag_(BuildHistogram()
               .Name("sportapp_projection_lag_seconds")
               .Help("From the commit of the oldest event of a batch until queries show it")
               .Register(registry)
               .Add({}, lag_buckets_s())),
      position_(BuildGauge()
                    .Name("sportapp_projection_position")
                    .Help("Journal position the read model holds")
                    .Register(registry)
                    .Add({})),
      set_aside_(BuildGauge()
                     .Name("sportapp_events_set_aside")
                     .Help("Events that could not be applied and wait for a retry")
                     .Register(registry)
                     .Add({})),
      events_(BuildCounter()
                  .Name("sportapp_projection_events_total")
                  .Help("Events written to the read model")
                  .Register(registry)
                  .Add({})),
      from_stream_(reading_family(registry).Add({{"from", "stream"}})),
      from_feed_(reading_family(registry).Add({{"from", "feed"}})),
      refused_(BuildGauge()
                   .Name("sportapp_projection_refused")
                   .Help("Entries of the stream that this process did not believe")
                   .Register(registry)
                   .Add({})),
      waiters_(BuildGauge()
                   .Name("sportapp_query_waiters")
                   .Help("Queries that wait for a position")
                   .Register(registry)
                   .Add({})),
      rebuilds_(BuildCounter()
                    .Name("sportapp_rebuilds_total")
                    .Help("Rebuilds of the read model by outcome: identical, different, restored, failed")
                    .Register(registry)) {}

void QueryMetrics::written(const projection::ReadModel::Written& written) {
  lag_.Observe(static_cast<double>(written.lag_ms) / 1000.0);
  events_.Increment(static_cast<double>(written.events));
}

void QueryMetrics::at(Seq position) {
  position_.Set(static_cast<double>(position.value));
}

void QueryMetrics::set_aside(std::int64_t events) {
  set_aside_.Set(static_cast<double>(events));
}

void QueryMetrics::reading(std::string_view from) {
  from_stream_.Set(from == "stream" ? 1 : 0);
  from_feed_.Set(from == "feed" ? 1 : 0);
}

void QueryMetrics::refused(std::int64_t entries) {
  refused_.Set(static_cast<double>(entries));
}

void QueryMetrics::waiting(std::size_t queries) {
  waiters_.Set(static_cast<double>(queries));
}

void QueryMetrics::rebuilt(std::string_view outcome) {
  rebuilds_.Add({{"outcome", std::string(outcome)}}).Increment();
}

}  // namespace sportapp::queries
