#include "store/journal/writer.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <stdexcept>
#include <utility>

#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

Error out_of_turn(const Cause& cause, Seq counted) {
  return {Retry::kLater, fmt::format("events of {} count up to {}, so those from {} on cannot come now",
                                     cause.source, counted.value, cause.after.next().value)};
}

Error cannot_be_applied(const Entry& entry, const char* why) {
  return {Retry::kNever,
          fmt::format("entry {} of the primary cannot be applied here: {}; run sportapp verify on both",
                      entry.seq.value, why)};
}

// Tells of each command that is being decided, and in the end, however it comes, that none is.
class Deciding {
 public:
  explicit Deciding(const OnDeciding& tell) : tell_(tell) {}
  ~Deciding() {
    if (tell_) tell_(nullptr);
  }
  Deciding(const Deciding&) = delete;
  Deciding& operator=(const Deciding&) = delete;
  void begins(const Submission& submission) const {
    if (tell_) tell_(&submission);
  }

 private:
  const OnDeciding& tell_;
};

}  // namespace

WriteFailed write_failed(const SQLite::Exception& exception, const std::filesystem::path& file) {
  return {sqlite::to_error(exception, file), sqlite::is_damage(exception)};
}

Writer::Writer(std::unique_ptr<Store> store, const domain::Domain& domain, Place place)
    : store_(std::move(store)),
      domain_(domain),
      committed_(std::move(place)),
      now_(committed_),
      base_(store_->base()) {}

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& file,
                                             const domain::Domain& domain) {
  auto opened = Store::open(file);
  if (!opened) return opened.error();
  try {
    return over(std::move(*opened), domain);
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, file);
  }
}

std::unique_ptr<Writer> Writer::in_memory(const domain::Domain& domain) {
  return over(Store::in_memory(), domain);
}

std::unique_ptr<Writer> Writer::over(std::unique_ptr<Store> store, const domain::Domain& domain) {
  const auto last = store->last();
  Place place{{last.seq, last.hash}, last.epoch, {}};
  for (const auto& source : domain.sources()) place.consumed[source] = store->consumed(source);
  return std::unique_ptr<Writer>(new Writer(std::move(store), domain, std::move(place)));
}

bool Writer::holds(Seq seq, const Hash& hash) const {
  if (seq < base_.seq) return true;
  const auto here = store_->hash_at(seq);
  return seq == Seq{} || (here && *here == hash);
}

void Writer::commit() {
  store_->commit();
  committed_ = now_;
}

void Writer::trim(Seq upto, std::size_t most) {
  base_ = store_->trim(upto, most);
}

void Writer::undo() noexcept {
  store_->rollback();
  now_ = committed_;
}

// Hardly any batch has a command that hits a defect, and a savepoint a command costs as much as deciding it:
// only a batch that has one is undone and done again with them.
Decided Writer::decide(std::span<const Pending> batch, Epoch epoch, std::int64_t time_ms,
                       const OnDeciding& on_deciding) {
  epoch_ = epoch;
  time_ms_ = time_ms;
  each_in_savepoint_ = false;
  Decided decided;
  try {
    decide_each(batch, on_deciding, decided);
    return decided;
  } catch (const SQLite::Exception&) {
    throw;  // the disk's trouble is the whole batch's
  } catch (const std::exception& defect) {
    spdlog::error("a command of a batch of {} hit a defect, each is decided again by itself: {}",
                  batch.size(), defect.what());
  }
  undo();
  each_in_savepoint_ = true;
  decide_each(batch, on_deciding, decided);
  return decided;
}

void Writer::decide_each(std::span<const Pending> batch, const OnDeciding& on_deciding, Decided& decided) {
  decided = {};
  decided.outcomes.reserve(batch.size());
  store_->begin();
  const Deciding deciding(on_deciding);
  for (const auto& pending : batch) {
    deciding.begins(pending.submission);
    decided.outcomes.push_back(decide(pending.submission, decided));
    if (decided.bytes <= kBatchBytesMax) continue;
    // Known only now, and rare: all but the one too many are decided again.
    undo();
    return decide_each(batch.first(decided.outcomes.size() - 1), on_deciding, decided);
  }
}

Outcome Writer::decide(const Submission& submission, Decided& decided) {
  auto request = fingerprint(submission.command);
  if (submission.cause) return decide_caused(submission, std::move(request), decided);
  if (const auto known = store_->find(submission.key)) {
    if (known->fingerprint != request) return KeyReused{};
    return Answered{known->seq, known->answer, true};
  }
  return execute(submission, submission.key, std::move(request), decided);
}

Outcome Writer::decide_caused(const Submission& submission, std::string request, Decided& decided) {
  const auto& cause = *submission.cause;
  const auto counted = now_.consumed.find(cause.source);
  if (counted == now_.consumed.end()) {
    return Error{Retry::kNever, fmt::format("no events of {} are taken in here", cause.source)};
  }
  const auto last = counted->second.seq;
  if (last != cause.after || cause.upto <= cause.after) return out_of_turn(cause, last);
  auto key = key_of_consumed(cause.source, cause.upto);
  auto outcome = execute(submission, std::move(key), std::move(request), decided);
  if (std::holds_alternative<Answered>(outcome)) {
    counted->second = {cause.upto, cause.hash == Hash{} ? std::nullopt : std::optional(cause.hash)};
  }
  return outcome;
}

Outcome Writer::execute(const Submission& submission, std::string key, std::string request,
                        Decided& decided) {
  if (!each_in_savepoint_) return take(submission, std::move(key), std::move(request), decided);
  try {
    Store::Savepoint savepoint(*store_);
    auto outcome = take(submission, std::move(key), std::move(request), decided);
    savepoint.keep();
    return outcome;
  } catch (const SQLite::Exception&) {
    throw;
  } catch (const std::exception& defect) {
    spdlog::error("command refused by a defect type={} key={}: {}", submission.command.type, submission.key,
                  defect.what());
    if (submission.cause) return Error{Retry::kNever, defect.what()};  // told to this program's own parts
    return Error{Retry::kNever, "this command hit a defect of the program; nothing was changed"};
  }
}

// A defect comes through as an exception, and may have changed something.
Outcome Writer::take(const Submission& submission, std::string key, std::string request, Decided& decided) {
  auto decision = domain_.decide(store_->state(), submission.command);
  if (auto* refusal = std::get_if<domain::Refusal>(&decision)) return std::move(*refusal);
  auto& effect = std::get<domain::Effect>(decision);
  // Nobody waits for the answer to an event.
  if (submission.cause && submission.cause->hash != Hash{}) {
    effect.answer.body = answer_to_consumed(submission.cause->hash);
  }
  Entry entry{now_.head.seq.next(),    epoch_,        time_ms_, std::move(key), std::move(request),
              std::move(effect.event), effect.answer, {}};
  const auto bytes = size_of(entry);
  if (bytes > kBatchBytesMax) throw std::length_error(fmt::format("its entry would have {} bytes", bytes));
  entry.hash = chained(now_.head.hash, entry);
  apply(entry);
  decided.bytes += bytes;
  decided.entries.push_back(std::move(entry));
  return Answered{now_.head.seq, std::move(effect.answer), false};
}

void Writer::apply(const Entry& entry) {
  domain_.apply(store_->state(), {entry.seq, entry.time_ms, entry.event});
  store_->append(entry);
  now_.head = {entry.seq, entry.hash};
  now_.epoch = entry.epoch;
}

void Writer::apply_of_other(const Entry& entry) {
  domain_.apply(store_->state(), {entry.seq, entry.time_ms, entry.event});
  store_->append_of_other(entry);
  now_.head = {entry.seq, entry.hash};
  now_.epoch = entry.epoch;
}

Result<void> Writer::check_chain(std::span<const Entry> entries) const {
  auto last = committed_.head;
  for (const auto& entry : entries) {
    if (entry.seq != last.seq.next()) {
      return Error{Retry::kNever,
                   fmt::format("entry {} of the primary does not come after entry {}, the last one here",
                               entry.seq.value, last.seq.value)};
    }
    if (entry.hash != chained(last.hash, entry)) {
      return Error{Retry::kNever, fmt::format("entry {} of the primary has not the hash of its content after "
                                              "entry {} as it is here",
                                              entry.seq.value, last.seq.value)};
    }
    last = {entry.seq, entry.hash};
  }
  return {};
}

Result<void> Writer::append(std::span<const Entry> entries) {
  if (auto fits = check_chain(entries); !fits) return fits;
  store_->begin();
  for (const auto& entry : entries) {
    try {
      apply_of_other(entry);
    } catch (const SQLite::Exception& exception) {
      if (exception.getErrorCode() != SQLITE_CONSTRAINT) throw;  // all else is the disk's trouble
      undo();
      return cannot_be_applied(entry, exception.what());
    } catch (const std::exception& defect) {
      undo();
      return cannot_be_applied(entry, defect.what());
    }
    for (auto& [source, counted] : now_.consumed) {
      const auto upto = consumed_by(entry.key, source);
      if (upto && *upto > counted.seq) counted = {*upto, hash_of_consumed(entry.answer.body)};
    }
  }
  return {};
}

}  // namespace sportapp::journal
