// What the journal carries out between batches.
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "store/journal/core.hpp"

namespace sportapp::journal {
namespace {

Error leads() {
  return {Retry::kLater, "this journal leads, so it takes nothing from another"};
}

}  // namespace

void Core::perform(Turn& turn) {
  if (turn.lead) epoch_ = *turn.lead;
  // What the last primary did not commit may be here and not at the others that are in sync.
  if (turn.lead && turn.settles && writer_) {
    settle(writer_->last());
    mark();
  }
  auto waiting = inbox_->turned(turn.lead.has_value());
  for (auto& pending : waiting) pending.done(NotPrimary{});
  if (turn.done) turn.done();
}

void Core::perform(Append& given) {
  if (inbox_->leading()) return given.done(leads());
  if (!writer_) return given.done(Error{Retry::kLater, inbox_->failing()});
  if (given.entries.empty()) return given.done(writer_->head());
  // A primary sends what follows only when it committed what it sent before, or has it on its own disk.
  const auto before = writer_->last();
  try {
    if (auto appended = writer_->append({given.entries.begin(), given.entries.end()}); !appended)
      return given.done(appended.error());
  } catch (const SQLite::Exception& exception) {
    return appended(before, given, write_failed(exception, options_.file));
  }
  writing_ = true;
  const auto entries = given.entries;
  files_.commit(*writer_, entries,
                [this, before, given = std::move(given)](const std::optional<WriteFailed>& failed) {
                  writing_ = false;
                  appended(before, given, failed);
                });
}

void Core::appended(const Settled& before, const Append& given, const std::optional<WriteFailed>& failed) {
  if (failed) {
    begin_failing(*failed);
    return given.done(Error{Retry::kOutcomeUnknown, failed->error.what});
  }
  became_durable();
  settle(before);
  mark();
  if (unmarked_) return given.done(Error{Retry::kOutcomeUnknown, unmarked_->what});
  given.done(writer_->head());
}

void Core::perform(Replace& given) {
  given.done(inbox_->leading() ? leads() : replace(given.file));
}

Result<Position> Core::replace(const std::filesystem::path& file) {
  const auto end = files_.prepare_replacement(file);
  if (!end) return end.error();
  const bool was_failing = writer_ == nullptr;
  writer_.reset();
  readers_.seq = 0;
  auto replaced = files_.replace(file, *end, fault_);
  if (!replaced && replaced.error().retry == Retry::kNever) {
    // Found when it was to be kept as it is.
    is_failing(damage(replaced.error().what));
    replaced = files_.replace(file, *end, fault_);
  }
  const bool is_unknown = !replaced && replaced.error().retry == Retry::kOutcomeUnknown;
  if (!replaced && !is_unknown && fault_ && fault_->damaged) return replaced.error();
  const bool opened = open_writer();
  if (opened && was_failing) {
    inbox_->recovered();
    if (options_.on_recovered) options_.on_recovered();
  } else if (!opened) {
    begin_failing(*fault_);
  }
  if (!replaced) return replaced.error();
  if (!writer_) return Error{Retry::kOutcomeUnknown, inbox_->failing()};
  spdlog::warn("journal was replaced by a copy of the primary's, head={}; the old one is kept beside it",
               writer_->head().seq.value);
  return writer_->head();
}

void Core::perform(FoundDamaged& found) {
  if (!writer_ || found.opened != readers_.opened) return;
  files_.mark_damaged(found.what);
  begin_failing(damage(found.what));
}

void Core::perform(AcceptLoss&) {
  if (writer_ || !fault_->shorter) return;
  const auto end = *fault_->shorter;
  spdlog::warn("an operator accepts that {} ends at entry {}", options_.file.string(), end.seq.value);
  if (auto accepted = files_.accept_loss(end); !accepted) return begin_failing(fault_of(accepted.error()));
  if (!open_writer()) return begin_failing(*fault_);
  inbox_->recovered();
  if (options_.on_recovered) options_.on_recovered();
}

void Core::perform(Trim& given) {
  given.done(trim(given.request));
}

Result<Trimmed> Core::trim(const TrimRequest& request) {
  if (!writer_) return Error{Retry::kLater, inbox_->failing()};
  if (request.opened != readers_.opened) {
    return Error{Retry::kLater, fmt::format("{} was reopened meanwhile", options_.file.string())};
  }
  const auto upto = std::min({request.upto, settled_.seq, Seq{writer_->head().seq.value - 1}});
  const auto began_us = monotonic_us();
  if (upto <= writer_->base().seq) return Trimmed{writer_->base().seq, 0};
  if (auto marked = files_.mark_gaps(); !marked) {
    unmarked_ = marked.error();
    return marked.error();
  }
  try {
    writer_->trim(upto, request.most);
  } catch (const SQLite::Exception& exception) {
    const auto failed = write_failed(exception, options_.file);
    begin_failing(failed);
    return failed.error;
  }
  const auto base = writer_->base();
  view_.change([&](View::Shown& shown) { shown.base = base; });
  return Trimmed{base.seq, monotonic_us() - began_us};
}

}  // namespace sportapp::journal
