#include "server/commands/command_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string>

namespace sportapp::commands {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name,
                                 const std::string& help, const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}
prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}
prometheus::Counter& counter(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

const Buckets kSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                       0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
const Buckets kCommands{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

}  // namespace

struct CommandMetrics::Impl {
  explicit Impl(prometheus::Registry& registry)
      : batch_commands(
            histogram(registry, "sportapp_commit_batch_commands", "Commands in one commit", kCommands)),
        decide_seconds(histogram(registry, "sportapp_commit_decide_seconds", "Deciding a batch", kSeconds)),
        commit_seconds(histogram(registry, "sportapp_commit_seconds", "Making a batch durable", kSeconds)),
        entries(counter(registry, "sportapp_journal_entries_total", "Entries written by this process")),
        position(gauge(registry, "sportapp_journal_position", "Last durable entry")),
        queued(gauge(registry, "sportapp_journal_queue", "Commands waiting for a commit")),
        failing(gauge(registry, "sportapp_journal_failing", "1 while the journal cannot write")),
        published(gauge(registry, "sportapp_relay_position", "Last entry in the Redis stream")),
        unpublished(gauge(registry, "sportapp_relay_queue", "Durable entries not in the Redis stream yet")),
        connected(gauge(registry, "sportapp_relay_connected", "1 while Redis answers")),
        mended(gauge(registry, "sportapp_relay_stream_mended",
                     "How often this primary found in its stream what its journal does not say")),
        set_aside(gauge(registry, "sportapp_events_set_aside", "Events that could not be taken in")),
        open(gauge(registry, "sportapp_open", "Things begun and not ended, such as orders in processing")),
        oldest_open_seconds(gauge(registry, "sportapp_oldest_open_seconds", "Age of the oldest of them")),
        held(gauge(registry, "sportapp_commands_held", "Commands that wait for a primary")),
        forwarding(gauge(registry, "sportapp_commands_forwarding", "Commands that are at another node")),
        forwarded(counter(registry, "sportapp_commands_forwarded_total", "Commands another node answered")),
        hold_timeouts(counter(registry, "sportapp_hold_timeouts_total",
                              "Commands answered 503 since no primary took them in time")),
        hold_refusals(counter(registry, "sportapp_hold_refusals_total",
                              "Commands answered 503 since too many were held")),
        source_position(prometheus::BuildGauge()
                            .Name("sportapp_source_position")
                            .Help("Last event of a service that is taken in")
                            .Register(registry)),
        source_refused(prometheus::BuildGauge()
                           .Name("sportapp_source_refused")
                           .Help("Entries of a service's stream that this primary did not believe")
                           .Register(registry)),
        source_reading(prometheus::BuildGauge()
                           .Name("sportapp_source_reading")
                           .Help("1 for where a service's events are read from")
                           .Register(registry)) {}

  prometheus::Histogram& batch_commands;
  prometheus::Histogram& decide_seconds;
  prometheus::Histogram& commit_seconds;
  prometheus::Counter& entries;
  prometheus::Gauge& position;
  prometheus::Gauge& queued;
  prometheus::Gauge& failing;
  prometheus::Gauge& published;
  prometheus::Gauge& unpublished;
  prometheus::Gauge& connected;
  prometheus::Gauge& mended;
  prometheus::Gauge& set_aside;
  prometheus::Gauge& open;
  prometheus::Gauge& oldest_open_seconds;
  prometheus::Gauge& held;
  prometheus::Gauge& forwarding;
  prometheus::Counter& forwarded;
  prometheus::Counter& hold_timeouts;
  prometheus::Counter& hold_refusals;
  prometheus::Family<prometheus::Gauge>& source_position;
  prometheus::Family<prometheus::Gauge>& source_refused;
  prometheus::Family<prometheus::Gauge>& source_reading;
};

CommandMetrics::CommandMetrics(prometheus::Registry& registry) : impl_(std::make_unique<Impl>(registry)) {}
CommandMetrics::~CommandMetrics() = default;

void CommandMetrics::count(const journal::BatchReport& report) {
  impl_->batch_commands.Observe(static_cast<double>(report.commands));
  impl_->decide_seconds.Observe(static_cast<double>(report.decide_us) / 1e6);
  if (report.entries == 0) return;
  impl_->commit_seconds.Observe(static_cast<double>(report.commit_us) / 1e6);
  impl_->entries.Increment(static_cast<double>(report.entries));
}

void CommandMetrics::show(const journal::JournalStatus& journal, const messaging::RelayStatus& relay) {
  impl_->position.Set(static_cast<double>(journal.head.value));
  impl_->queued.Set(static_cast<double>(journal.queued));
  impl_->failing.Set(journal.failing.empty() ? 0 : 1);
  impl_->published.Set(static_cast<double>(relay.published.value));
  impl_->unpublished.Set(static_cast<double>(journal.head.value - relay.published.value));
  impl_->connected.Set(relay.connected ? 1 : 0);
  impl_->mended.Set(static_cast<double>(relay.mended));
}

void CommandMetrics::show(const Backlog::Counts& backlog) {
  impl_->set_aside.Set(static_cast<double>(backlog.set_aside));
  impl_->open.Set(static_cast<double>(backlog.open));
  impl_->oldest_open_seconds.Set(static_cast<double>(backlog.oldest_open_ms) / 1000);
}

void CommandMetrics::show(const hold::HoldCounts& hold) {
  const auto advance = [](prometheus::Counter& counter, std::int64_t total) {
    counter.Increment(static_cast<double>(total) - counter.Value());
  };
  impl_->held.Set(static_cast<double>(hold.held));
  impl_->forwarding.Set(static_cast<double>(hold.forwarding));
  advance(impl_->forwarded, hold.forwarded);
  advance(impl_->hold_timeouts, hold.timeouts);
  advance(impl_->hold_refusals, hold.refused);
}

void CommandMetrics::show(const std::string& source, const messaging::ConsumerStatus& status) {
  impl_->source_position.Add({{"source", source}}).Set(static_cast<double>(status.position.value));
  impl_->source_refused.Add({{"source", source}}).Set(static_cast<double>(status.refused));
  for (const auto* from : {"stream", "feed"}) {
    impl_->source_reading.Add({{"source", source}, {"from", from}}).Set(status.reading == from ? 1 : 0);
  }
}

}  // namespace sportapp::commands
