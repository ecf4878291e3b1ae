#include "net/messaging/stream_check.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sportapp::messaging {
namespace {

constexpr std::size_t kAtOnce = 200;
constexpr auto kLookEvery = std::chrono::milliseconds(500);

}  // namespace

Result<StreamCheck::End> StreamCheck::end(Seq base, Seq source_last) {
  checked_ = base;
  const auto summary = writer_.summary();
  if (!summary) return summary.error();
  added_ = *summary ? (*summary)->added : 0;
  if (!*summary) return End{};
  if (!(*summary)->is_stream) return End{"it is no stream"};
  const auto last = seq_of((*summary)->last_id);
  if (!last || *last > source_last) {
    return End{fmt::format("it took the id {}, which no event of the journal has; the last one is {}",
                           (*summary)->last_id, source_last.value)};
  }
  // One that ends before what the source still has is of no use: it could not go on without a gap.
  if (*last <= base) return End{};
  const auto entries = writer_.entries(Seq{last->value - 1}, 2);
  if (!entries) return entries.error();
  if (entries->empty()) return End{fmt::format("its last event, {}, was taken out of it", last->value)};
  const auto wrong = wrong_in(*entries);
  if (!wrong) return wrong.error();
  return End{*wrong, *last};
}

void StreamCheck::begun_anew(Seq published) {
  checked_ = published;
  added_ = 0;
}

// Entries in order without a gap, each as the journal says it.
Result<StreamCheck::Wrong> StreamCheck::wrong_in(const std::vector<StreamWriter::Entry>& entries) {
  const auto first = entries.front().seq;
  if (!first || *first < Seq{1}) return Wrong{"it has an entry whose id no relay gives"};
  const auto own = source_.read(Seq{first->value - 1}, entries.size());
  if (!own) return own.error();
  for (std::size_t at = 0; at < entries.size(); ++at) {
    const Seq expected{first->value + static_cast<std::int64_t>(at)};
    if (entries[at].seq != expected) {
      return Wrong{entries[at].seq ? fmt::format("event {} is missing in it", expected.value)
                                   : fmt::format("after event {} it has an entry whose id no relay gives",
                                                 expected.value - 1)};
    }
    if (at >= own->size()) return Wrong{fmt::format("the journal has no event {}", expected.value)};
    if (entries[at].line != seal_.encode((*own)[at])) {
      return Wrong{fmt::format("its event {} is not the journal's", expected.value)};
    }
  }
  return Wrong{};
}

Result<StreamCheck::Wrong> StreamCheck::some(Seq published) {
  const auto base = source_.base();
  if (!base) return base.error();
  checked_ = std::max(checked_, *base);
  const auto entries = writer_.entries(checked_, kAtOnce);
  if (!entries) return entries.error();
  // It was emptied: nothing false is in it, and what is published next is found in it.
  if (entries->empty()) {
    checked_ = published;
    return Wrong{};
  }
  auto wrong = wrong_in(*entries);
  if (wrong && wrong->empty()) checked_ = *entries->back().seq;
  return wrong;
}

Result<bool> StreamCheck::look(Seq published) {
  const auto now = std::chrono::steady_clock::now();
  if (now < look_at_) return true;
  look_at_ = now + kLookEvery;
  const auto summary = writer_.summary();
  if (!summary) return summary.error();
  const auto added = *summary ? (*summary)->added : 0;
  if (added != added_) {
    checked_ = Seq{};
  } else {
    // One that was deleted and filled again with as many entries has the same count: its end is compared each
    // time.
    const auto before_end = published.value - static_cast<std::int64_t>(kAtOnce);
    checked_ = std::min(checked_, Seq{std::max<std::int64_t>(before_end, 0)});
  }
  added_ = added;
  // Where it was deleted, the next event starts it again.
  return !*summary || ((*summary)->is_stream && (*summary)->last_id == stream_id(published));
}

}  // namespace sportapp::messaging
