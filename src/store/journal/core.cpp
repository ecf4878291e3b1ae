#include "store/journal/core.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>
#include <variant>

namespace sportapp::journal {
namespace {

constexpr std::int64_t kNotTriedMs = 3'600'000;

Error outcome_unknown() {
  return {Retry::kOutcomeUnknown,
          "the journal could not confirm its write, so it is not known whether the command took effect; send "
          "it again with the same Idempotency-Key"};
}

void answer_all(Batch& batch, const Outcome& outcome) {
  for (auto& pending : batch) pending.done(outcome);
}

}  // namespace

Core::Core(const Around& around)
    : options_(around.options),
      clock_(around.clock),
      files_(around.files),
      inbox_(around.inbox),
      view_(around.view),
      readers_(around.readers),
      epoch_(around.options.epoch) {}

bool Core::open_writer() {
  writer_.reset();
  auto opened = files_.open();
  if (auto* why = std::get_if<Fault>(&opened)) {
    is_failing(std::move(*why));
    return false;
  }
  writer_ = std::move(std::get<std::unique_ptr<Writer>>(opened));
  fault_.reset();
  became_durable();
  settle(files_.settled());
  ++readers_.opened;
  readers_.unreadable = false;
  return true;
}

// Before there is anybody who could be told: the status says it.
void Core::start() {
  if (!open_writer()) {
    spdlog::error("journal cannot be used, nothing is taken: {}", fault_->why);
    recover_at_ms_ = clock_.monotonic_ms() + kRecoverEveryMs;
    static_cast<void>(inbox_->begin_failing(fault_->why));
  } else if (options_.leading) {
    settle(writer_->last());
    mark();
    if (unmarked_) begin_failing(fault_of(*std::exchange(unmarked_, std::nullopt)));
  }
}

Able Core::able() const {
  if (writing_) return {};
  if (at_gate_) return {.verdict = true};
  return {.task = true, .batch = writer_ != nullptr};
}

std::optional<std::int64_t> Core::due_ms() const {
  if (writing_ || at_gate_ || writer_) return std::nullopt;
  return recover_at_ms_;
}

void Core::step(std::optional<Work> work) {
  if (work) {
    if (auto* batch = std::get_if<Batch>(&*work)) decide(std::move(*batch));
    if (auto* verdict = std::get_if<Verdict>(&*work)) gate_said(*verdict);
    if (auto* task = std::get_if<Task>(&*work)) {
      std::visit([this](auto& given) { perform(given); }, *task);
    }
  }
  if (writing_ || at_gate_) return;
  if (unmarked_) begin_failing(fault_of(*std::exchange(unmarked_, std::nullopt)));
  if (!writer_ && clock_.monotonic_ms() >= recover_at_ms_) recover();
}

void Core::stop() {
  if (std::exchange(at_gate_, false)) stop_leading({Retry::kLater, "this process is stopping"});
}

void Core::decide(Batch batch) {
  open_ = Open{.began_us = monotonic_us()};
  try {
    auto decided = writer_->decide(batch, epoch_, clock_.wall_ms(), options_.on_deciding);
    inbox_->put_back(batch, decided.outcomes.size());
    open_->batch = std::move(batch);
    open_->outcomes = std::move(decided.outcomes);
    open_->entries = std::move(decided.entries);
  } catch (const SQLite::Exception& exception) {
    open_->batch = std::move(batch);
    return fail(write_failed(exception, options_.file), false);
  }
  open_->decided_us = monotonic_us();
  open_->may_be_answered = options_.gate == nullptr;
  if (options_.gate == nullptr) return commit();
  at_gate_ = true;
  options_.gate->before_commit(open_->entries,
                               [inbox = inbox_, number = ++batches_](Result<CommitGate::Pass> passed) {
                                 inbox->put(Verdict{number, std::move(passed)});
                               });
}

void Core::gate_said(Verdict& verdict) {
  if (!open_ || verdict.batch != batches_) return;
  if (!verdict.passed) {
    at_gate_ = false;
    return stop_leading(verdict.passed.error());
  }
  if (*verdict.passed == CommitGate::Pass::kAnswer) {
    at_gate_ = false;
    open_->may_be_answered = true;
  }
  if (!open_->is_written) return commit();
  if (open_->may_be_answered) answer();
}

void Core::commit() {
  writing_ = true;
  files_.commit(*writer_, open_->entries,
                [this](std::optional<WriteFailed> failed) { committed(std::move(failed)); });
}

void Core::committed(std::optional<WriteFailed> failed) {
  writing_ = false;
  if (failed) return commit_failed(*failed);
  open_->is_written = true;
  open_->previous = durable_.hash;
  became_durable();
  if (open_->may_be_answered) answer();
}

// What the mark does not have may be lost without a sign, so it is not answered.
void Core::answer() {
  settle(writer_->last());
  mark();
  if (unmarked_) return commit_failed({*std::exchange(unmarked_, std::nullopt), false});
  auto open = std::move(*std::exchange(open_, std::nullopt));
  const auto decided_us = open.decided_us;
  const BatchReport report{open.batch.size(), open.entries.size(), decided_us - open.began_us,
                           monotonic_us() - decided_us};
  if (options_.gate != nullptr) options_.gate->committed(writer_->head());
  hand_out(std::move(open));
  inbox_->expect(report.commands, std::chrono::microseconds(report.decide_us + report.commit_us));
  if (options_.on_batch) options_.on_batch(report);
}

void Core::commit_failed(const WriteFailed& failed) {
  at_gate_ = false;
  fail(failed, true);
  if (options_.gate != nullptr) options_.gate->commit_failed();
}

void Core::became_durable() {
  durable_ = writer_->head();
  view_.change([this](View::Shown& shown) {
    shown.durable = durable_;
    shown.consumed = writer_->consumed();
    shown.base = writer_->base();
    shown.damaged = false;
    shown.shorter.reset();
  });
  readers_.seq = durable_.seq.value;
}

void Core::settle(const Settled& upto) {
  settled_ = upto;
  view_.change([&](View::Shown& shown) { shown.settled = upto; });
}

void Core::mark() {
  if (auto marked = files_.mark(writer_->head(), settled_); !marked) unmarked_ = marked.error();
}

void Core::hand_out(Open open) {
  for (std::size_t i = 0; i < open.batch.size(); ++i) open.batch[i].done(std::move(open.outcomes[i]));
  if (!options_.on_committed || open.entries.empty()) return;
  std::vector<domain::CommittedEvent> events;
  events.reserve(open.entries.size());
  auto previous = open.previous;
  for (const auto& entry : open.entries) {
    events.push_back(
        {entry.seq, entry.time_ms, entry.event, std::exchange(previous, entry.hash), entry.hash});
  }
  options_.on_committed(std::move(events));
}

void Core::stop_leading(const Error& error) {
  auto open = std::move(*std::exchange(open_, std::nullopt));
  if (open.is_written) {
    spdlog::warn("the journal stepped down; a batch of {} is written and not answered: {}", open.batch.size(),
                 error.what);
    mark();
    options_.gate->committed(writer_->head());
  } else {
    spdlog::warn("the journal stepped down; rolled back a batch of {}: {}", open.batch.size(), error.what);
    writer_->undo();
  }
  auto waiting = inbox_->stopped_leading();
  answer_all(open.batch, NotPrimary{});
  answer_all(waiting, NotPrimary{});
}

void Core::fail(const WriteFailed& failed, bool committing) {
  auto open = std::move(*std::exchange(open_, std::nullopt));
  begin_failing(failed);
  const bool unknown = committing && options_.gate == nullptr;
  answer_all(open.batch, unknown ? Outcome(outcome_unknown()) : inbox_->refusal());
}

// The transaction under way is undone.
void Core::begin_failing(const WriteFailed& failed) {
  writer_->undo();
  if (failed.damaged) {
    files_.mark_damaged(failed.error.what);
    begin_failing(damage(failed.error.what));
  } else {
    begin_failing(Fault{failed.error.what, false, true});
  }
}

// From here on nothing is taken until recover() has found the database whole and writable, or it is replaced.
void Core::begin_failing(Fault why) {
  spdlog::error("journal cannot write, nothing is taken: {}", why.why);
  writer_.reset();
  is_failing(std::move(why));
  auto waiting = inbox_->begin_failing(fault_->why);
  answer_all(waiting, inbox_->refusal());
  if (options_.on_failing) options_.on_failing(fault_->why, fault_->damaged);
}

void Core::is_failing(Fault why) {
  fault_ = std::move(why);
  recover_at_ms_ = clock_.monotonic_ms() + (fault_->passes ? kRecoverEveryMs : kNotTriedMs);
  if (fault_->damaged) {
    readers_.unreadable = true;
    durable_ = {};
    settled_ = files_.settled();
  }
  view_.change([this](View::Shown& shown) {
    shown.damaged = fault_->damaged;
    shown.shorter = fault_->shorter;
    if (!fault_->damaged) return;
    shown.durable = shown.base = {};
    shown.settled = settled_;
    for (auto& [source, counted] : shown.consumed) counted = {};
  });
}

void Core::recover() {
  recover_at_ms_ = clock_.monotonic_ms() + kNotTriedMs;
  if (!fault_->passes) return;
  const bool was_damaged = fault_->damaged;
  if (!open_writer()) {
    if (inbox_->still_failing(fault_->why)) spdlog::error("journal still cannot write: {}", fault_->why);
    if (fault_->damaged && !was_damaged && options_.on_failing) options_.on_failing(fault_->why, true);
    return;
  }
  spdlog::warn("journal writes again, head={}", writer_->head().seq.value);
  inbox_->recovered();
  if (options_.on_recovered) options_.on_recovered();
}

}  // namespace sportapp::journal
