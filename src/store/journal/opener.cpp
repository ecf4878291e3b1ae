#include "store/journal/opener.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "store/journal/replace.hpp"
#include "store/journal/seal.hpp"
#include "store/journal/start_check.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

// What the journal is found to be when it is open.
Mark mark_of(const Writer& writer, const Mark& before) {
  Mark now;
  now.head = writer.head();
  const auto& settled = before.settled;
  if (settled.seq <= now.head.seq && writer.holds(settled.seq, settled.hash)) now.settled = settled;
  now.may_have_gaps = before.may_have_gaps && !writer.wal_was_emptied();
  return now;
}

}  // namespace

Opener::Opener(std::filesystem::path file, const domain::Domain& domain)
    : file_(std::move(file)), domain_(domain) {}

Result<void> Opener::open_mark() {
  if (mark_) return {};
  auto opened = MarkFile::open(file_);
  if (!opened) return opened.error();
  mark_ = std::move(*opened);
  return {};
}

std::variant<std::unique_ptr<Writer>, Fault> Opener::open() {
  const auto began = std::chrono::steady_clock::now();
  auto before = latest_;
  if (!before) {
    auto read = MarkFile::read_only(file_);
    if (!read) return fault_of(read.error());
    before = latest_ = std::move(*read);
  }
  const auto checked = check_at_start(file_, before, domain_, is_checked_ ? kLightDepth : StartDepth{});
  if (checked.fault) return *checked.fault;
  if (!std::exchange(is_checked_, true)) was_complete_ = checked.is_complete || checked.is_new;
  if (!before && !checked.is_new) {
    spdlog::info("{} is of an earlier version, which kept no mark beside it; from now on there is one",
                 file_.string());
  }
  // The disk may have been repaired under it: what was open is then another file.
  mark_.reset();
  if (auto opened = open_mark(); !opened) return fault_of(opened.error());
  if (auto removed = remove_seal(file_); !removed) return fault_of(removed.error());
  auto writer = Writer::open(file_, domain_);
  if (!writer) return fault_of(writer.error());
  try {
    const auto now = mark_of(**writer, before.value_or(Mark{}));
    latest_ = now;
    if (now != mark_->mark()) {
      if (auto marked = mark_->write(now); !marked) return fault_of(marked.error());
      if (auto synced = mark_->sync(); !synced) return fault_of(synced.error());
    }
  } catch (const SQLite::Exception& exception) {
    return fault_of(sqlite::to_error(exception, file_));
  }
  const auto took = std::chrono::steady_clock::now() - began;
  spdlog::info("{} was checked and opened in {} ms, head={}", file_.string(),
               std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
               (*writer)->head().seq.value);
  return std::move(*writer);
}

void Opener::commit(Writer& writer, const SharedEntries&,
                    std::function<void(std::optional<WriteFailed>)> done) {
  std::optional<WriteFailed> failed;
  try {
    writer.commit();
  } catch (const SQLite::Exception& exception) {
    failed = write_failed(exception, file_);
  }
  done(std::move(failed));
}

Result<Position> Opener::prepare_replacement(const std::filesystem::path& copy) {
  return journal::prepare_replacement(copy);
}

void Opener::close(Writer& writer) {
  Seal seal;
  seal.head = writer.head();
  try {
    seal.opened = writer.times_opened();
  } catch (const SQLite::Exception& exception) {
    return spdlog::warn("{}", sqlite::to_error(exception, file_).what);
  }
  const auto whole = writer.close(kSealedBytesMax);
  if (!whole) return spdlog::warn("the journal ends without being in one file: {}", whole.error().what);
  if (auto synced = mark_->sync(); !synced) spdlog::warn("{}", synced.error().what);
  if (!*whole) return;
  seal.file = **whole;
  if (auto sealed = write_seal(file_, seal); !sealed) spdlog::warn("{}", sealed.error().what);
}

Result<void> Opener::mark(const Position& head, const Settled& settled) {
  latest_->head = head;
  latest_->settled = settled;
  return mark_->write(*latest_);
}

Result<void> Opener::mark_gaps() {
  if (mark_->mark().may_have_gaps) return {};
  latest_->may_have_gaps = true;
  if (auto written = mark_->write(*latest_); !written) return written;
  return mark_->sync();
}

void Opener::mark_damaged(const std::string& what) {
  latest_->damage = what;
  auto marked = mark_->write(*latest_);
  if (marked) marked = mark_->sync();
  if (!marked) spdlog::error("{}", marked.error().what);
}

Result<void> Opener::replace(const std::filesystem::path& copy, const Position& end,
                             const std::optional<Fault>& fault) {
  if (auto opened = open_mark(); !opened) return opened;
  auto replaced = replace_journal({.copy = copy, .end = end, .journal = file_, .fault = fault}, *mark_);
  if (replaced || replaced.error().retry == Retry::kOutcomeUnknown) is_checked_ = false;
  latest_ = mark_->mark();
  return replaced;
}

Result<void> Opener::accept_loss(const Position& end) {
  if (auto opened = open_mark(); !opened) return opened;
  latest_ = Mark{.head = end};
  is_checked_ = false;
  if (auto removed = remove_seal(file_); !removed) return removed;
  if (auto written = mark_->write(*latest_); !written) return written;
  return mark_->sync();
}

}  // namespace sportapp::journal
