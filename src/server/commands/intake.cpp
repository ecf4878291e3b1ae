#include "server/commands/intake.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/clock.hpp"
#include "domain/set_aside.hpp"
#include "server/service/log.hpp"

namespace sportapp::commands {
namespace {

constexpr std::chrono::seconds kOutcomeMax{30};
constexpr std::size_t kReasonBytesMax = 500;
constexpr std::int64_t kDayMs = 86'400'000;

// The outcomes of commands under way. What has not ended keeps it alive, should nobody wait any more.
class Outcomes : public std::enable_shared_from_this<Outcomes> {
 public:
  explicit Outcomes(std::size_t count) : outcomes_(count), missing_(count) {}

  journal::Done at(std::size_t index) {
    return [self = shared_from_this(), index](journal::Outcome outcome) {
      if (const auto* other = std::get_if<journal::NotPrimary>(&outcome)) outcome = to_error(*other);
      const std::lock_guard lock(self->mutex_);
      self->outcomes_[index] = std::move(outcome);
      if (--self->missing_ == 0) self->changed_.notify_all();
    };
  }
  Result<std::vector<journal::Outcome>> wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kOutcomeMax, [this] { return missing_ == 0; })) {
      return Error{Retry::kOutcomeUnknown, "the journal did not take events in within 30 s; see its log"};
    }
    return std::move(outcomes_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<journal::Outcome> outcomes_;
  std::size_t missing_;
};

// Why the event cannot be taken in, now or ever; nothing where it was, or where another try may help.
std::optional<std::string> lasting_failure(const journal::Outcome& outcome) {
  if (const auto* refusal = std::get_if<domain::Refusal>(&outcome)) return "refused: " + refusal->detail;
  if (const auto* error = std::get_if<Error>(&outcome); error != nullptr && error->retry == Retry::kNever) {
    return error->what;
  }
  return std::nullopt;
}

// Of the event `seq`, one of `events`.
Hash hash_of(std::span<const domain::CommittedEvent> events, Seq seq) {
  return events[static_cast<std::size_t>(seq.value - events.front().seq.value)].hash;
}

std::string shortened(std::string text) {
  if (text.size() <= kReasonBytesMax) return text;
  auto end = kReasonBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "...";
}

}  // namespace

Intake::Intake(std::string source, const domain::Domain& domain, journal::Journal& journal,
               OnPosition on_position, const retention::RetentionPolicy& policy)
    : source_(std::move(source)),
      domain_(domain),
      journal_(journal),
      on_position_(std::move(on_position)),
      at_(journal.consumed_place(source_)),
      policy_(policy) {}

messaging::Place Intake::place() {
  account();
  const auto counted = journal_.consumed_place(source_);
  return counted.seq > at_.seq || (counted.seq == at_.seq && counted.hash) ? counted : at_;
}

bool Intake::step_back() {
  const auto counted = journal_.consumed_place(source_);
  if (at_.seq <= counted.seq) return false;
  at_ = counted;
  passed_ = {};
  return true;
}

Result<void> Intake::write(std::span<const domain::CommittedEvent> events) {
  const auto here = place();
  if (!events.empty() && !messaging::continues(events.front(), here)) {
    return Error{Retry::kLater, fmt::format("event {} of {} does not continue event {} as it was taken in",
                                            events.front().seq.value, source_, here.seq.value)};
  }
  while (!events.empty()) {
    const auto taken = take(events);
    if (!taken) return taken.error();
    if (*taken == 0) continue;
    passed(events.first(*taken));
    at_ = messaging::place_after(events[*taken - 1]);
    events = events.subspan(*taken);
    if (on_position_) on_position_(at_.seq);
  }
  return {};
}

void Intake::passed(Events events) {
  const auto counted = journal_.consumed(source_);
  for (const auto& event : events) {
    if (event.seq <= counted) continue;
    if (passed_.others + passed_.notes == 0) passed_.since_ms = SystemClock().monotonic_ms();
    ++(domain::tells_of_passing(event.event) ? passed_.notes : passed_.others);
  }
}

// Well before what passed can be deleted where it came from.
bool Intake::must_account() const {
  const auto waited_ms = SystemClock().monotonic_ms() - passed_.since_ms;
  if (passed_.others > 0 && waited_ms >= policy_.keep_keys_s * 1000 / 4) return true;
  const auto notes_max = std::max<std::int64_t>(2, policy_.keep_entries / 4);
  if (policy_.keep_entries > 0 && passed_.notes >= notes_max) return true;
  return policy_.keep_days > 0 && passed_.notes > 0 && waited_ms >= policy_.keep_days * kDayMs / 4;
}

void Intake::account() {
  if (!policy_.deletes() || passed_.others + passed_.notes == 0) return;
  const auto counted = journal_.consumed(source_);
  if (at_.seq <= counted) {
    passed_ = {};
    return;
  }
  if (!must_account()) return;
  passed_.since_ms = SystemClock().monotonic_ms();  // what fails is not tried again at once
  const auto outcomes = std::make_shared<Outcomes>(1);
  journal_.submit({"", domain::pass(source_, at_.seq),
                   journal::Cause{source_, counted, at_.seq, at_.hash.value_or(Hash{})}},
                  outcomes->at(0));
  const auto ended = outcomes->wait();
  if (ended && std::holds_alternative<journal::Answered>(ended->front())) passed_ = {};
}

// As many from the front as go in one go; none only where they then are tried one by one.
Result<std::size_t> Intake::take(Events events) {
  if (events.front().seq <= one_by_one_until_) events = events.first(1);
  std::vector<domain::Reaction> reactions;
  try {
    reactions = react(events);
  } catch (const std::exception& failed) {
    return take_fewer(events, failed.what());
  }
  return submit(events, std::move(reactions));
}

std::vector<domain::Reaction> Intake::react(Events events) const {
  auto reactions = domain_.react(source_, {events.begin(), events.end()});
  auto last = Seq{events.front().seq.value - 1};
  for (const auto& reaction : reactions) {
    if (reaction.upto <= last || reaction.upto > events.back().seq) {
      throw std::logic_error("reacts out of order to event " + std::to_string(reaction.upto.value));
    }
    last = reaction.upto;
  }
  return reactions;
}

// `why`: what is wrong with all of them together.
Result<std::size_t> Intake::take_fewer(Events events, const std::string& why) {
  if (events.size() == 1) return set_aside(events.front(), why);
  for (std::size_t i = 0; i < events.size(); ++i) {
    try {
      (void)react(events.subspan(i, 1));
    } catch (const std::exception&) {
      return take(events.first(std::max<std::size_t>(i, 1)));
    }
  }
  one_by_one_until_ = events.back().seq;
  return std::size_t{0};
}

Result<std::size_t> Intake::submit(Events events, std::vector<domain::Reaction> reactions) {
  const auto outcomes = std::make_shared<Outcomes>(reactions.size());
  std::vector<Seq> ends;
  auto after = journal_.consumed(source_);
  for (auto& reaction : reactions) {
    const journal::Cause cause{source_, after, reaction.upto, hash_of(events, reaction.upto)};
    journal_.submit({"", std::move(reaction.command), cause}, outcomes->at(ends.size()));
    ends.push_back(after = reaction.upto);
  }
  if (ends.empty()) return events.size();
  const auto ended = outcomes->wait();
  if (!ended) return ended.error();
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (std::holds_alternative<journal::Answered>((*ended)[i])) continue;
    const auto why = lasting_failure((*ended)[i]);
    if (!why) {
      const auto* error = std::get_if<Error>(&(*ended)[i]);
      return error != nullptr ? *error
                              : Error{Retry::kLater, "an event's key is in use; run sportapp verify"};
    }
    if (events.size() == 1) return set_aside(events.front(), *why);
    one_by_one_until_ = ends[i];
    const auto taken = i == 0 ? Seq{} : ends[i - 1];
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const auto& event) { return event.seq <= taken; }));
  }
  return events.size();
}

Result<std::size_t> Intake::set_aside(const domain::CommittedEvent& event, const std::string& why) {
  const auto command = domain::set_aside({source_, event, shortened(why)});
  const auto outcomes = std::make_shared<Outcomes>(1);
  journal_.submit({"", command, journal::Cause{source_, journal_.consumed(source_), event.seq, event.hash}},
                  outcomes->at(0));
  const auto ended = outcomes->wait();
  if (!ended) return ended.error();
  if (const auto* error = std::get_if<Error>(&ended->front())) return *error;
  if (!std::holds_alternative<journal::Answered>(ended->front())) {
    return Error{Retry::kNever, fmt::format("event {} of {} was not set aside: {}", event.seq.value, source_,
                                            lasting_failure(ended->front()).value_or("its key is in use"))};
  }
  spdlog::error("event set aside source={} seq={} type={} reason={}; see sportapp events", source_,
                event.seq.value, service::log_value(event.event.type), service::log_value(why));
  return std::size_t{1};
}

}  // namespace sportapp::commands
