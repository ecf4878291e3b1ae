#include "server/commands/primary_duties.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::commands {
namespace {

// Events of the journal, and none that does not count yet.
class Counted final : public messaging::JournalEvents {
 public:
  Counted(std::unique_ptr<messaging::JournalEvents> events, std::shared_ptr<const Committed> committed)
      : events_(std::move(events)), committed_(std::move(committed)) {}

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    const auto last = committed_->load();
    auto events = events_->read(after, limit);
    if (!events) return events;
    while (!events->empty() && events->back().seq.value > last) events->pop_back();
    return events;
  }
  Result<std::optional<Hash>> hash_at(Seq seq) override {
    if (seq.value > committed_->load()) return std::optional<Hash>();
    return events_->hash_at(seq);
  }
  Result<Seq> base() override { return events_->base(); }
  Result<Seq> last() override {
    auto last = events_->last();
    if (last) *last = std::min(*last, Seq{committed_->load()});
    return last;
  }

 private:
  const std::unique_ptr<messaging::JournalEvents> events_;
  const std::shared_ptr<const Committed> committed_;
};

}  // namespace

PrimaryDuties::PrimaryDuties(Options options, std::unique_ptr<messaging::JournalEvents> events,
                             const domain::Domain& domain, journal::Journal& journal)
    : relay_(std::move(options.relay),
             std::make_unique<Counted>(std::move(events), std::move(options.committed))),
      reactor_(std::move(options.reactor), domain, journal) {}

Result<std::unique_ptr<PrimaryDuties>> PrimaryDuties::begin(Options options, const domain::Domain& domain,
                                                            journal::Journal& journal) {
  auto events = journal.events();
  if (!events) return events.error();
  return std::unique_ptr<PrimaryDuties>(
      new PrimaryDuties(std::move(options), std::move(*events), domain, journal));
}

void PrimaryDuties::committed(std::vector<domain::CommittedEvent> events) {
  relay_.committed(std::move(events));
}

messaging::RelayStatus PrimaryDuties::relay() const {
  return relay_.status();
}

void PrimaryDuties::hurry(std::string_view source, std::int64_t for_ms) {
  reactor_.hurry(source, for_ms);
}

std::vector<messaging::ConsumerStatus> PrimaryDuties::reactor() const {
  return reactor_.status();
}

}  // namespace sportapp::commands
