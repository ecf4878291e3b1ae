#include "server/commands/backlog.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "base/json_reading.hpp"
#include "domain/set_aside.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::commands {
namespace {

constexpr std::int64_t kFreshMs = 250;
constexpr std::size_t kCountMax = 100'000;

}  // namespace

Backlog::Backlog(std::filesystem::path journal, const domain::Domain& domain, const Clock& clock)
    : journal_(std::move(journal)), open_table_(domain.open_table()), clock_(clock) {}

const Backlog::Counts& Backlog::counts() {
  if (clock_.monotonic_ms() < fresh_until_ms_) return counts_;
  if (const auto read_now = read()) {
    counts_ = *read_now;
    told_ = {};
  } else if (read_now.error().what != std::exchange(told_, read_now.error().what)) {
    spdlog::warn("what waits in the journal cannot be counted: {}", told_);
  }
  fresh_until_ms_ = clock_.monotonic_ms() + kFreshMs;
  return counts_;
}

Result<Backlog::Counts> Backlog::read() const {
  const auto reader = journal::Reader::open(journal_);
  if (!reader) return reader.error();
  Counts counts;
  const auto set_aside = (*reader)->count(domain::kSetAsideTable, kCountMax);
  if (!set_aside) return set_aside.error();
  counts.set_aside = *set_aside;
  if (open_table_.empty()) return counts;
  const auto open = (*reader)->count(open_table_, kCountMax);
  if (!open) return open.error();
  counts.open = *open;
  if (*open == 0) return counts;
  const auto oldest = (*reader)->rows_of(open_table_, Id{}, 1);
  if (!oldest) return oldest.error();
  const auto row = parse_object(oldest->front().json);
  const auto since_ms = row ? number_in(*row, "since_ms") : std::nullopt;
  if (!since_ms) {
    return Error{Retry::kNever, "table " + open_table_ + " has a row without since_ms"};
  }
  counts.oldest_open_ms = std::max<std::int64_t>(0, clock_.wall_ms() - *since_ms);
  return counts;
}

}  // namespace sportapp::commands
