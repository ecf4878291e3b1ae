#include "journal/journal.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "journal/committed_events.hpp"
#include "journal/store.hpp"
#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

constexpr std::chrono::milliseconds kRecoverEvery{500};

std::int64_t us_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start)
      .count();
}

// What a client is told; the cause, which is the operator's, is in the log and in the status.
Error cannot_write() {
  return {Retry::kLater, "the journal cannot write at present; nothing was changed, try again"};
}

Error is_stopping() {
  return {Retry::kLater, "this process is stopping; nothing was changed, try again"};
}

struct Pending {
  Submission submission;
  Done done;
};
using Batch = std::vector<Pending>;

using Consumed = std::map<std::string, Seq, std::less<>>;

Error out_of_turn(const Cause& cause, Seq counted) {
  return {Retry::kLater, fmt::format("events of {} count up to {}, so those from {} on cannot come now",
                                     cause.source, counted.value, cause.after.next().value)};
}

}  // namespace

Error to_error(NotPrimary) {
  return {Retry::kLater, "this node is not the primary of its service; nothing was changed here, try again"};
}

struct Journal::Impl {
  Impl(Options options_given, const domain::Domain& domain_given, const Clock& clock_given)
      : options(std::move(options_given)), domain(domain_given), clock(clock_given) {}

  const Options options;
  const domain::Domain& domain;
  const Clock& clock;
  const std::shared_ptr<std::atomic<std::int64_t>> durable_seq =
      std::make_shared<std::atomic<std::int64_t>>(0);

  mutable std::mutex mutex;  // guards what follows, up to the thread
  std::condition_variable wake;
  std::deque<Pending> queue;
  bool stopping = false;
  std::string failing;
  Head durable;
  Consumed durably_consumed;

  // Owned by the journal's thread.
  std::unique_ptr<Store> store;
  Head head;          // of the transaction under way, as is what follows
  Consumed consumed;  // for each of the domain's sources
  bool each_in_savepoint = false;

  std::thread thread;

  Result<void> open_store();
  void run();
  std::optional<Batch> next_batch();
  void commit(Batch batch);
  void decide_all(const Batch& batch, std::vector<Outcome>& outcomes, std::vector<Entry>& entries);
  Outcome decide(const Submission& submission, std::int64_t time_ms, std::vector<Entry>& entries);
  Outcome decide_caused(const Submission& submission, std::string request, std::int64_t time_ms,
                        std::vector<Entry>& entries);
  Outcome execute(const Submission& submission, std::string key, std::string request, std::int64_t time_ms,
                  std::vector<Entry>& entries);
  Outcome take(const Submission& submission, std::string key, std::string request, std::int64_t time_ms,
               std::vector<Entry>& entries);
  void became_durable(Batch batch, std::vector<Outcome> outcomes, std::vector<Entry> entries);
  void undo_batch();
  void roll_back(Batch batch, const Error& error);
  void fail(Batch batch, const Error& error);
  void recover();
};

Result<void> Journal::Impl::open_store() {
  store.reset();
  auto opened = Store::open(options.file);
  if (!opened) return opened.error();
  Consumed found_consumed;
  try {
    for (const auto& source : domain.sources()) found_consumed[source] = (*opened)->consumed(source);
    const auto found = (*opened)->head();
    // What was answered must still be there: a disk that came back with less is no journal to go on from.
    const auto kept = (*opened)->hash_at(durable.seq);
    if (!kept || *kept != durable.hash) {
      return Error{Retry::kNever,
                   fmt::format("{}: entry {}, acknowledged earlier, is gone or changed; restore the file",
                               options.file.string(), durable.seq.value)};
    }
    head = found;
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, options.file);
  }
  store = std::move(*opened);
  consumed = std::move(found_consumed);
  {
    const std::lock_guard lock(mutex);
    durable = head;
    durably_consumed = consumed;
  }
  durable_seq->store(head.seq.value);
  return {};
}

void Journal::Impl::run() {
  while (auto batch = next_batch()) {
    if (store) {
      commit(std::move(*batch));
    } else {
      recover();
    }
  }
}

// What waits, up to the bound; empty when it is time to try the disk again; nothing when it is time to end.
std::optional<Batch> Journal::Impl::next_batch() {
  std::unique_lock lock(mutex);
  if (!store) {
    wake.wait_for(lock, kRecoverEvery, [this] { return stopping; });
  } else {
    wake.wait(lock, [this] { return stopping || !queue.empty(); });
  }
  if (stopping) return std::nullopt;
  Batch batch;
  while (!queue.empty() && batch.size() < options.batch_max) {
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return batch;
}

void Journal::Impl::commit(Batch batch) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Outcome> outcomes;
  std::vector<Entry> entries;
  bool committing = false;
  std::int64_t decide_us = 0;
  try {
    decide_all(batch, outcomes, entries);
    decide_us = us_since(start);
    if (options.gate != nullptr && !entries.empty()) {
      if (auto gated = options.gate->before_commit(entries); !gated)
        return roll_back(std::move(batch), gated.error());
    }
    committing = true;
    store->commit();
  } catch (const SQLite::Exception& exception) {
    auto error = sqlite::to_error(exception, options.file);
    error.retry = committing ? Retry::kOutcomeUnknown : Retry::kLater;
    return fail(std::move(batch), error);
  }
  const BatchReport report{batch.size(), entries.size(), decide_us, us_since(start) - decide_us};
  became_durable(std::move(batch), std::move(outcomes), std::move(entries));
  if (options.on_batch) options.on_batch(report);
}

// Hardly any batch has a command that meets a defect, and a savepoint a command costs as much as deciding it:
// only a batch that has one is undone and done again with them.
void Journal::Impl::decide_all(const Batch& batch, std::vector<Outcome>& outcomes,
                               std::vector<Entry>& entries) {
  const auto decide_each = [&, time_ms = clock.wall_ms()](bool in_savepoints) {
    each_in_savepoint = in_savepoints;
    store->begin();
    for (const auto& pending : batch) outcomes.push_back(decide(pending.submission, time_ms, entries));
  };
  outcomes.reserve(batch.size());
  try {
    return decide_each(false);
  } catch (const SQLite::Exception&) {
    throw;  // the disk's trouble is the whole batch's
  } catch (const std::exception& defect) {
    spdlog::error("a command of a batch of {} met a defect, each is decided anew by itself: {}", batch.size(),
                  defect.what());
  }
  undo_batch();
  outcomes.clear();
  entries.clear();
  decide_each(true);
}

Outcome Journal::Impl::decide(const Submission& submission, std::int64_t time_ms,
                              std::vector<Entry>& entries) {
  auto request = fingerprint(submission.command);
  if (submission.cause) return decide_caused(submission, std::move(request), time_ms, entries);
  if (const auto known = store->find(submission.key)) {
    if (known->fingerprint != request) return KeyReused{};
    return Answered{known->seq, known->answer, true};
  }
  return execute(submission, submission.key, std::move(request), time_ms, entries);
}

Outcome Journal::Impl::decide_caused(const Submission& submission, std::string request, std::int64_t time_ms,
                                     std::vector<Entry>& entries) {
  const auto& cause = *submission.cause;
  const auto counted = consumed.find(cause.source);
  if (counted == consumed.end()) {
    return Error{Retry::kNever, fmt::format("no events of {} are taken in here", cause.source)};
  }
  if (counted->second != cause.after || cause.upto <= cause.after) return out_of_turn(cause, counted->second);
  auto key = key_of_consumed(cause.source, cause.upto);
  auto outcome = execute(submission, std::move(key), std::move(request), time_ms, entries);
  if (std::holds_alternative<Answered>(outcome)) counted->second = cause.upto;
  return outcome;
}

Outcome Journal::Impl::execute(const Submission& submission, std::string key, std::string request,
                               std::int64_t time_ms, std::vector<Entry>& entries) {
  if (!each_in_savepoint) return take(submission, std::move(key), std::move(request), time_ms, entries);
  try {
    Store::Savepoint savepoint(*store);
    auto outcome = take(submission, std::move(key), std::move(request), time_ms, entries);
    savepoint.keep();
    return outcome;
  } catch (const SQLite::Exception&) {
    throw;
  } catch (const std::exception& defect) {
    spdlog::error("command refused by a defect type={} key={}: {}", submission.command.type, submission.key,
                  defect.what());
    if (submission.cause) return Error{Retry::kNever, defect.what()};  // told to this program's own parts
    return Error{Retry::kNever, "this command met a defect of the program; nothing was changed"};
  }
}

// A defect comes through as an exception, and may have changed something.
Outcome Journal::Impl::take(const Submission& submission, std::string key, std::string request,
                            std::int64_t time_ms, std::vector<Entry>& entries) {
  auto decision = domain.decide(store->state(), submission.command);
  if (auto* refusal = std::get_if<domain::Refusal>(&decision)) return std::move(*refusal);
  auto& effect = std::get<domain::Effect>(decision);
  Entry entry{head.seq.next(),    options.epoch,           time_ms,       std::move(key),
              std::move(request), std::move(effect.event), effect.answer, {}};
  entry.hash = chained(head.hash, entry);
  domain.apply(store->state(), {entry.seq, entry.time_ms, entry.event});
  store->append(entry);
  head = {entry.seq, entry.hash};
  entries.push_back(std::move(entry));
  return Answered{head.seq, std::move(effect.answer), false};
}

void Journal::Impl::became_durable(Batch batch, std::vector<Outcome> outcomes, std::vector<Entry> entries) {
  {
    const std::lock_guard lock(mutex);
    durable = head;
    durably_consumed = consumed;
  }
  durable_seq->store(head.seq.value);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(outcomes[i]));
  if (!options.on_committed || entries.empty()) return;
  std::vector<domain::CommittedEvent> events;
  events.reserve(entries.size());
  for (auto& entry : entries) events.push_back({entry.seq, entry.time_ms, std::move(entry.event)});
  options.on_committed(std::move(events));
}

void Journal::Impl::undo_batch() {
  store->rollback();
  head = durable;
  consumed = durably_consumed;
}

void Journal::Impl::roll_back(Batch batch, const Error& error) {
  undo_batch();
  for (auto& pending : batch) pending.done(error);
}

// From here on nothing is taken until recover() has found the database whole and writable.
void Journal::Impl::fail(Batch batch, const Error& error) {
  spdlog::error("journal cannot write, commands are refused: {}", error.what);
  store->rollback();
  store.reset();
  std::deque<Pending> waiting;
  {
    const std::lock_guard lock(mutex);
    failing = error.what;
    waiting.swap(queue);
  }
  const auto told =
      error.retry == Retry::kOutcomeUnknown
          ? Error{error.retry,
                  "the journal could not confirm its write, so it is not known whether the command "
                  "took effect; send it again with the same Idempotency-Key"}
          : cannot_write();
  for (auto& pending : batch) pending.done(told);
  for (auto& pending : waiting) {
    pending.done(cannot_write());
  }
}

void Journal::Impl::recover() {
  const auto opened = open_store();
  const std::lock_guard lock(mutex);
  if (opened) {
    spdlog::warn("journal writes again, head={}", durable.seq.value);
    failing.clear();
  } else if (failing != opened.error().what) {
    failing = opened.error().what;
    spdlog::error("journal still cannot write: {}", failing);
  }
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Journal>> Journal::open(Options options, const domain::Domain& domain,
                                               const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), domain, clock);
  if (auto opened = impl->open_store(); !opened) return opened.error();
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Journal::~Journal() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  impl_->thread.join();
  for (auto& pending : impl_->queue) {
    pending.done(is_stopping());
  }
}

void Journal::submit(Submission submission, Done done) {
  std::optional<Error> refused;
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) {
      refused = is_stopping();
    } else if (!impl_->failing.empty()) {
      refused = cannot_write();
    } else if (impl_->queue.size() >= impl_->options.queue_max) {
      refused = Error{Retry::kLater, fmt::format("{} commands wait already; nothing was changed, try again",
                                                 impl_->options.queue_max)};
    } else {
      impl_->queue.push_back({std::move(submission), std::move(done)});
    }
  }
  if (refused) return done(*refused);
  impl_->wake.notify_one();
}

JournalStatus Journal::status() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->durable.seq, impl_->durable.hash, impl_->queue.size(), impl_->failing};
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
  return make_committed_events(impl_->options.file, impl_->durable_seq);
}

}  // namespace sportapp::journal
