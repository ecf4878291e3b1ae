// What the journal's thread does.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "store/journal/journal_impl.hpp"
#include "store/journal/replace.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

constexpr std::chrono::milliseconds kRecoverEvery{500};
constexpr std::chrono::hours kNotTried{1};

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

std::int64_t us_since(SteadyTime start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(now() - start).count();
}

Error outcome_unknown() {
  return {Retry::kOutcomeUnknown,
          "the journal could not confirm its write, so it is not known whether the command took effect; send "
          "it again with the same Idempotency-Key"};
}

Error leads() {
  return {Retry::kLater, "this journal leads, so it takes nothing from another"};
}

void answer_all(Batch& batch, const Outcome& outcome) {
  for (auto& pending : batch) pending.done(outcome);
}

}  // namespace

bool Journal::Impl::open_writer() {
  writer.reset();
  auto opened = opener.open();
  if (auto* why = std::get_if<Fault>(&opened)) {
    is_failing(std::move(*why));
    return false;
  }
  writer = std::move(std::get<std::unique_ptr<Writer>>(opened));
  fault.reset();
  became_durable();
  settle(opener.settled());
  ++readers->opened;
  readers->unreadable = false;
  return true;
}

// Before there is a thread, so that nobody is told: the status says it.
void Journal::Impl::start() {
  if (!open_writer()) {
    spdlog::error("journal cannot be used, nothing is taken: {}", fault->why);
    recover_at = now() + kRecoverEvery;
    static_cast<void>(inbox.begin_failing(fault->why));
  } else if (options.leading) {
    settle(writer->last());
    mark();
    if (unmarked) begin_failing(fault_of(*std::exchange(unmarked, std::nullopt)));
  }
  background = std::make_unique<BackgroundCheck>(
      options.file, readers, domain, options.pace,
      BackgroundCheck::Owner{[this](std::string what, std::int64_t opened) {
                               inbox.put(FoundDamaged{std::move(what), opened});
                             },
                             [this] { return opener.was_complete(); }});
  thread = std::thread([this] { run(); });
}

void Journal::Impl::run() {
  while (auto work = inbox.next(writer ? std::nullopt : std::optional(recover_at))) {
    for (auto& task : work->tasks) {
      std::visit([this](auto& given) { perform(given); }, task);
    }
    if (!work->batch.empty()) commit(std::move(work->batch));
    if (unmarked) begin_failing(fault_of(*std::exchange(unmarked, std::nullopt)));
    if (!writer && now() >= recover_at) recover();
  }
}

void Journal::Impl::commit(Batch batch) {
  const auto start = now();
  Decided decided;
  SharedEntries entries;
  bool committing = false;
  std::int64_t decide_us = 0;
  try {
    decided = writer->decide(batch, epoch, clock.wall_ms(), options.on_deciding);
    inbox.put_back(batch, decided.outcomes.size());
    entries = std::move(decided.entries);
    decide_us = us_since(start);
    if (options.gate != nullptr) {
      if (auto passed = options.gate->before_commit(entries); !passed)
        return stop_leading(std::move(batch), passed.error());
    }
    committing = true;
    writer->commit();
  } catch (const SQLite::Exception& exception) {
    fail(std::move(batch), exception, committing);
    if (committing && options.gate != nullptr) options.gate->commit_failed();
    return;
  }
  const BatchReport report{batch.size(), entries.size(), decide_us, us_since(start) - decide_us};
  const auto previous = durable.hash;
  became_durable();
  settle(writer->last());
  mark();
  if (options.gate != nullptr) options.gate->committed(writer->head());
  hand_out(std::move(batch), std::move(decided.outcomes), entries, previous);
  if (options.on_batch) options.on_batch(report);
}

void Journal::Impl::became_durable() {
  const std::lock_guard lock(mutex);
  durable = writer->head();
  durably_consumed = writer->consumed();
  base = writer->base();
  damaged = false;
  shorter.reset();
  readers->seq = durable.seq.value;
}

void Journal::Impl::settle(const Settled& upto) {
  const std::lock_guard lock(mutex);
  settled = upto;
}

void Journal::Impl::mark() {
  if (auto marked = opener.mark(writer->head(), settled); !marked) unmarked = marked.error();
}

// `previous`: the hash of the entry before the batch.
void Journal::Impl::hand_out(Batch batch, std::vector<Outcome> outcomes, const SharedEntries& entries,
                             Hash previous) {
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(outcomes[i]));
  if (!options.on_committed || entries.empty()) return;
  std::vector<domain::CommittedEvent> events;
  events.reserve(entries.size());
  for (const auto& entry : entries) {
    events.push_back(
        {entry.seq, entry.time_ms, entry.event, std::exchange(previous, entry.hash), entry.hash});
  }
  options.on_committed(std::move(events));
}

void Journal::Impl::stop_leading(Batch batch, const Error& error) {
  spdlog::warn("the journal stepped down; rolled back a batch of {}: {}", batch.size(), error.what);
  writer->undo();
  auto waiting = inbox.stopped_leading();
  answer_all(batch, NotPrimary{});
  answer_all(waiting, NotPrimary{});
}

void Journal::Impl::fail(Batch batch, const SQLite::Exception& exception, bool committing) {
  static_cast<void>(begin_failing(exception));
  const bool unknown = committing && options.gate == nullptr;
  answer_all(batch, unknown ? Outcome(outcome_unknown()) : inbox.refusal());
}

// The transaction under way is undone.
Error Journal::Impl::begin_failing(const SQLite::Exception& exception) {
  auto error = sqlite::to_error(exception, options.file);
  writer->undo();
  if (sqlite::is_damage(exception)) {
    opener.mark_damaged(error.what);
    begin_failing(damage(error.what));
  } else {
    begin_failing(Fault{error.what, false, true});
  }
  return error;
}

// From here on nothing is taken until recover() has found the database whole and writable, or it is replaced.
void Journal::Impl::begin_failing(Fault why) {
  spdlog::error("journal cannot write, nothing is taken: {}", why.why);
  writer.reset();
  is_failing(std::move(why));
  auto waiting = inbox.begin_failing(fault->why);
  answer_all(waiting, inbox.refusal());
  if (options.on_failing) options.on_failing(fault->why, fault->damaged);
}

void Journal::Impl::is_failing(Fault why) {
  fault = std::move(why);
  recover_at = now() + (fault->passes ? kRecoverEvery : kNotTried);
  if (fault->damaged) readers->unreadable = true;
  const std::lock_guard lock(mutex);
  damaged = fault->damaged;
  shorter = fault->shorter;
  if (!damaged) return;
  durable = base = {};
  settled = opener.settled();
  for (auto& [source, counted] : durably_consumed) counted = {};
}

void Journal::Impl::recover() {
  recover_at = now() + kNotTried;
  if (!fault->passes) return;
  const bool was_damaged = fault->damaged;
  if (!open_writer()) {
    if (inbox.still_failing(fault->why)) spdlog::error("journal still cannot write: {}", fault->why);
    if (fault->damaged && !was_damaged && options.on_failing) options.on_failing(fault->why, true);
    return;
  }
  spdlog::warn("journal writes again, head={}", writer->head().seq.value);
  inbox.recovered();
  if (options.on_recovered) options.on_recovered();
}

void Journal::Impl::perform(Turn& turn) {
  if (turn.lead) epoch = *turn.lead;
  // What the last primary did not commit may be here and not at the others that are in sync.
  if (turn.lead && turn.settles && writer) {
    settle(writer->last());
    mark();
  }
  auto waiting = inbox.turned(turn.lead.has_value());
  answer_all(waiting, NotPrimary{});
  if (turn.done) turn.done();
}

void Journal::Impl::perform(Append& given) {
  given.done(inbox.leading() ? leads() : append(given.entries));
}

Result<Position> Journal::Impl::append(std::span<const Entry> entries) {
  if (!writer) return Error{Retry::kLater, inbox.failing()};
  if (entries.empty()) return writer->head();
  // A primary sends what follows only when it committed what it sent before, or has it on its own disk.
  const auto before = writer->last();
  try {
    if (auto appended = writer->append(entries); !appended) return appended.error();
    writer->commit();
  } catch (const SQLite::Exception& exception) {
    auto error = begin_failing(exception);
    error.retry = Retry::kOutcomeUnknown;
    return error;
  }
  became_durable();
  settle(before);
  mark();
  return writer->head();
}

void Journal::Impl::perform(Replace& given) {
  given.done(inbox.leading() ? leads() : replace(given.file));
}

Result<Position> Journal::Impl::replace(const std::filesystem::path& file) {
  const auto end = prepare_replacement(file);
  if (!end) return end.error();
  const bool was_failing = writer == nullptr;
  writer.reset();
  readers->seq = 0;
  auto replaced = opener.replace(file, *end, fault);
  if (!replaced && replaced.error().retry == Retry::kNever) {
    // Found when it was to be kept as it is.
    is_failing(damage(replaced.error().what));
    replaced = opener.replace(file, *end, fault);
  }
  const bool is_unknown = !replaced && replaced.error().retry == Retry::kOutcomeUnknown;
  if (!replaced && !is_unknown && fault && fault->damaged) return replaced.error();
  const bool opened = open_writer();
  if (opened && was_failing) {
    inbox.recovered();
    if (options.on_recovered) options.on_recovered();
  } else if (!opened) {
    begin_failing(*fault);
  }
  if (!replaced) return replaced.error();
  if (!writer) return Error{Retry::kOutcomeUnknown, inbox.failing()};
  spdlog::warn("journal was replaced by a copy of the primary's, head={}; the old one is kept beside it",
               writer->head().seq.value);
  return writer->head();
}

void Journal::Impl::perform(FoundDamaged& found) {
  if (!writer || found.opened != readers->opened) return;
  opener.mark_damaged(found.what);
  begin_failing(damage(found.what));
}

void Journal::Impl::perform(AcceptLoss&) {
  if (writer || !fault->shorter) return;
  const auto end = *fault->shorter;
  spdlog::warn("an operator accepts that {} ends at entry {}", options.file.string(), end.seq.value);
  if (auto accepted = opener.accept_loss(end); !accepted) return begin_failing(fault_of(accepted.error()));
  if (!open_writer()) return begin_failing(*fault);
  inbox.recovered();
  if (options.on_recovered) options.on_recovered();
}

void Journal::Impl::perform(Trim& given) {
  given.done(trim(given.request));
}

Result<Trimmed> Journal::Impl::trim(const TrimRequest& request) {
  if (!writer) return Error{Retry::kLater, inbox.failing()};
  if (request.opened != readers->opened) {
    return Error{Retry::kLater, fmt::format("{} was reopened meanwhile", options.file.string())};
  }
  const auto upto = std::min({request.upto, settled.seq, Seq{writer->head().seq.value - 1}});
  const auto start = now();
  if (upto <= writer->base().seq) return Trimmed{writer->base().seq, 0};
  if (auto marked = opener.mark_gaps(); !marked) {
    unmarked = marked.error();
    return marked.error();
  }
  try {
    writer->trim(upto, request.most);
  } catch (const SQLite::Exception& exception) {
    return begin_failing(exception);
  }
  const std::lock_guard lock(mutex);
  base = writer->base();
  return Trimmed{base.seq, us_since(start)};
}

}  // namespace sportapp::journal
