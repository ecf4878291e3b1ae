#include "journal/journal.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "journal/committed_events.hpp"
#include "journal/inbox.hpp"
#include "journal/live_file.hpp"
#include "journal/replace.hpp"
#include "journal/writer.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kRecoverEvery{500};

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

Error to_error(NotPrimary) {
  return {Retry::kLater, "this node is not the primary of its service; nothing was changed here, try again"};
}

struct Journal::Impl {
  Impl(Options options_given, const domain::Domain& domain_given, const Clock& clock_given)
      : options(std::move(options_given)),
        domain(domain_given),
        clock(clock_given),
        inbox({options.queue_max, options.batch_max, options.leading, options.gate != nullptr}),
        epoch(options.epoch) {}

  const Options options;
  const domain::Domain& domain;
  const Clock& clock;
  const std::shared_ptr<Durable> readers = std::make_shared<Durable>();
  Inbox inbox;

  mutable std::mutex mutex;  // guards what follows, up to the thread's own
  Head durable;
  Consumed durably_consumed;
  Head base;
  Seq settled;

  // Owned by the journal's thread.
  std::unique_ptr<Writer> writer;  // none: failing
  Epoch epoch;
  SteadyTime recover_at{};

  std::thread thread;

  Result<void> open_writer();
  void run();
  void commit(Batch batch);
  void became_durable();
  void settle(Seq upto);
  void hand_out(Batch batch, Decided decided);
  void stop_leading(Batch batch, const Error& error);
  void fail(Batch batch, const Error& error);
  void begin_failing(const std::string& why);
  void recover();
  void perform(Turn& turn);
  void perform(Append& given);
  void perform(Replace& given);
  void perform(Trim& given);
  Result<Trimmed> trim(const TrimRequest& request);
  Result<Head> append(std::span<const Entry> entries);
  Result<Head> replace(const std::filesystem::path& file);
};

Result<void> Journal::Impl::open_writer() {
  writer.reset();
  auto opened = Writer::open(options.file, domain, durable);
  if (!opened) return opened.error();
  writer = std::move(*opened);
  ++readers->opened;
  became_durable();
  return {};
}

void Journal::Impl::run() {
  while (auto work = inbox.next(writer ? std::nullopt : std::optional(recover_at))) {
    for (auto& task : work->tasks) {
      std::visit([this](auto& given) { perform(given); }, task);
    }
    if (!work->batch.empty()) commit(std::move(work->batch));
    if (!writer && now() >= recover_at) recover();
  }
}

void Journal::Impl::commit(Batch batch) {
  const auto start = now();
  Decided decided;
  bool committing = false;
  std::int64_t decide_us = 0;
  try {
    decided = writer->decide(batch, epoch, clock.wall_ms(), options.on_deciding);
    inbox.put_back(batch, decided.outcomes.size());
    decide_us = us_since(start);
    if (options.gate != nullptr) {
      if (auto passed = options.gate->before_commit(decided.entries); !passed)
        return stop_leading(std::move(batch), passed.error());
    }
    committing = true;
    writer->commit();
  } catch (const SQLite::Exception& exception) {
    auto error = sqlite::to_error(exception, options.file);
    error.retry = committing ? Retry::kOutcomeUnknown : Retry::kLater;
    fail(std::move(batch), error);
    if (committing && options.gate != nullptr) options.gate->commit_failed();
    return;
  }
  const BatchReport report{batch.size(), decided.entries.size(), decide_us, us_since(start) - decide_us};
  became_durable();
  settle(writer->head().seq);
  if (options.gate != nullptr) options.gate->committed(writer->head());
  hand_out(std::move(batch), std::move(decided));
  if (options.on_batch) options.on_batch(report);
}

void Journal::Impl::became_durable() {
  const std::lock_guard lock(mutex);
  durable = writer->head();
  durably_consumed = writer->consumed();
  base = writer->base();
  readers->seq = durable.seq.value;
}

void Journal::Impl::settle(Seq upto) {
  const std::lock_guard lock(mutex);
  settled = upto;
}

void Journal::Impl::hand_out(Batch batch, Decided decided) {
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(decided.outcomes[i]));
  if (!options.on_committed || decided.entries.empty()) return;
  std::vector<domain::CommittedEvent> events;
  events.reserve(decided.entries.size());
  for (auto& entry : decided.entries) events.push_back({entry.seq, entry.time_ms, std::move(entry.event)});
  options.on_committed(std::move(events));
}

void Journal::Impl::stop_leading(Batch batch, const Error& error) {
  spdlog::warn("journal leads no more, a batch of {} is undone: {}", batch.size(), error.what);
  writer->undo();
  auto waiting = inbox.stopped_leading();
  answer_all(batch, NotPrimary{});
  answer_all(waiting, NotPrimary{});
}

void Journal::Impl::fail(Batch batch, const Error& error) {
  writer->undo();
  begin_failing(error.what);
  const bool unknown = error.retry == Retry::kOutcomeUnknown && options.gate == nullptr;
  answer_all(batch, unknown ? Outcome(outcome_unknown()) : inbox.refusal());
}

// From here on nothing is taken until recover() has found the database whole and writable.
void Journal::Impl::begin_failing(const std::string& why) {
  spdlog::error("journal cannot write, nothing is taken: {}", why);
  writer.reset();
  recover_at = now() + kRecoverEvery;
  auto waiting = inbox.begin_failing(why);
  answer_all(waiting, inbox.refusal());
  if (options.on_failing) options.on_failing(why);
}

void Journal::Impl::recover() {
  const auto opened = open_writer();
  recover_at = now() + kRecoverEvery;
  if (!opened) {
    if (inbox.still_failing(opened.error().what))
      spdlog::error("journal still cannot write: {}", opened.error().what);
    return;
  }
  spdlog::warn("journal writes again, head={}", writer->head().seq.value);
  inbox.recovered();
  if (options.on_recovered) options.on_recovered();
}

void Journal::Impl::perform(Turn& turn) {
  if (turn.lead) epoch = *turn.lead;
  // A new primary is alone in sync, or has all that the last one had: everything it holds counts.
  if (turn.lead && writer) settle(writer->head().seq);
  auto waiting = inbox.turned(turn.lead.has_value());
  answer_all(waiting, NotPrimary{});
  if (turn.done) turn.done();
}

void Journal::Impl::perform(Append& given) {
  given.done(inbox.leading() ? leads() : append(given.entries));
}

Result<Head> Journal::Impl::append(std::span<const Entry> entries) {
  if (!writer) return Error{Retry::kLater, inbox.failing()};
  if (entries.empty()) return writer->head();
  // A primary sends what follows only when it committed what it sent before, or has it on its own disk.
  const auto before = writer->head().seq;
  try {
    if (auto appended = writer->append(entries); !appended) return appended.error();
    writer->commit();
  } catch (const SQLite::Exception& exception) {
    auto error = sqlite::to_error(exception, options.file);
    error.retry = Retry::kOutcomeUnknown;
    writer->undo();
    begin_failing(error.what);
    return error;
  }
  became_durable();
  settle(before);
  return writer->head();
}

void Journal::Impl::perform(Replace& given) {
  given.done(inbox.leading() ? leads() : replace(given.file));
}

Result<Head> Journal::Impl::replace(const std::filesystem::path& file) {
  if (auto prepared = prepare_replacement(file); !prepared) return prepared.error();
  const bool was_failing = writer == nullptr;
  writer.reset();
  readers->seq = 0;
  const auto replaced = replace_journal(file, options.file);
  if (replaced || replaced.error().retry == Retry::kOutcomeUnknown) {
    const std::lock_guard lock(mutex);
    durable = {};
    settled = {};
  }
  if (was_failing) {
    recover();
  } else if (const auto opened = open_writer(); !opened) {
    begin_failing(opened.error().what);
  }
  if (!replaced) return replaced.error();
  if (!writer) return Error{Retry::kOutcomeUnknown, inbox.failing()};
  spdlog::warn("journal was replaced by a copy of the primary's, head={}; the old one is {}.replaced",
               writer->head().seq.value, options.file.string());
  return writer->head();
}

void Journal::Impl::perform(Trim& given) {
  given.done(trim(given.request));
}

Result<Trimmed> Journal::Impl::trim(const TrimRequest& request) {
  if (!writer) return Error{Retry::kLater, inbox.failing()};
  if (request.opened != readers->opened) {
    return Error{Retry::kLater, fmt::format("{} was opened anew meanwhile", options.file.string())};
  }
  const auto upto = std::min({request.upto, settled, Seq{writer->head().seq.value - 1}});
  const auto start = now();
  if (upto <= writer->base().seq) return Trimmed{writer->base().seq, 0};
  try {
    writer->trim(upto, request.most);
  } catch (const SQLite::Exception& exception) {
    auto error = sqlite::to_error(exception, options.file);
    writer->undo();
    begin_failing(error.what);
    return error;
  }
  const std::lock_guard lock(mutex);
  base = writer->base();
  return Trimmed{base.seq, us_since(start)};
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Journal>> Journal::open(Options options, const domain::Domain& domain,
                                               const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), domain, clock);
  if (auto opened = impl->open_writer(); !opened) return opened.error();
  if (impl->options.leading) impl->settle(impl->durable.seq);
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Journal::~Journal() {
  impl_->inbox.stop();
  impl_->thread.join();
  impl_->inbox.refuse_all();
}

void Journal::submit(Submission submission, Done done) {
  if (auto refused = impl_->inbox.submit(submission, done)) done(std::move(*refused));
}

void Journal::lead(Epoch epoch) {
  impl_->inbox.put(Turn{epoch});
}

void Journal::follow(std::function<void()> done) {
  impl_->inbox.put(Turn{std::nullopt, std::move(done)});
}

void Journal::append(std::vector<Entry> entries, std::function<void(Result<Head>)> done) {
  Append append{std::move(entries), std::move(done)};
  if (impl_->inbox.put(append)) return;
  append.done(Error{Retry::kLater, "too many entries of the primary wait to be written here"});
}

void Journal::replace(std::filesystem::path file, std::function<void(Result<Head>)> done) {
  impl_->inbox.put(Replace{std::move(file), std::move(done)});
}

void Journal::trim(TrimRequest request, std::function<void(Result<Trimmed>)> done) {
  impl_->inbox.put(Trim{request, std::move(done)});
}

JournalStatus Journal::status() const {
  auto queued = impl_->inbox.queued();
  auto failing = impl_->inbox.failing();
  const bool leading = impl_->inbox.takes_commands();
  const std::lock_guard lock(impl_->mutex);
  return {impl_->durable.seq, impl_->durable.hash,   queued, std::move(failing), leading, impl_->base,
          impl_->settled,     impl_->readers->opened};
}

Seq Journal::consumed(std::string_view source) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->durably_consumed.find(source);
  if (found == impl_->durably_consumed.end()) {
    throw std::logic_error(fmt::format("{} takes in no events of {}", impl_->domain.service(), source));
  }
  return found->second;
}

Result<std::unique_ptr<messaging::EventSource>> Journal::events() const {
  return make_committed_events(impl_->options.file, impl_->readers);
}

Result<std::unique_ptr<EntryReader>> Journal::entries() const {
  return EntryReader::open(impl_->options.file, impl_->readers);
}

}  // namespace sportapp::journal
