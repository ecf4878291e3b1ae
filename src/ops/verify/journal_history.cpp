#include "ops/verify/journal_history.hpp"

#include <fmt/format.h>

#include "ops/verify/records.hpp"
#include "ops/verify/taken_in.hpp"

namespace sportapp::verify {

Result<Seq> JournalHistory::base() {
  const auto base = reader_.base();
  if (!base) return base.error();
  return base->seq;
}

Result<std::set<Seq>> JournalHistory::set_aside(std::string_view source) {
  return set_aside_of(reader_, source);
}

Result<std::optional<Difference>> JournalHistory::each(
    const std::function<std::optional<Difference>(const Entry&)>& look, const CheckProgress& progress) {
  const auto head = reader_.head();
  if (!head) return head.error();
  return walk(reader_, Seq{}, *head, [&](const journal::Entry& one) -> Result<std::optional<Difference>> {
    if (one.seq.value % kProgressEvery == 0) progress(one.seq.value, head->value);
    const Entry entry{one.seq, one.event};
    try {
      return look(entry);
    } catch (const std::exception& failed) {
      return std::optional(domain::differs_at(entry, "an event as this program writes it", failed.what()));
    }
  });
}

Result<std::optional<Difference>> JournalHistory::each_row(
    std::string_view table, const std::function<std::optional<Difference>(const Row&)>& look) {
  for (Id after;;) {
    const auto rows = reader_.rows_of(table, after, kPageRecords);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      try {
        if (auto difference = look({row.id, row.json})) return difference;
      } catch (const std::exception& failed) {
        return std::optional(Difference{fmt::format("row {} of {}", row.id.value, table),
                                        "a row as this program writes it", failed.what()});
      }
    }
    if (rows->size() < kPageRecords) return std::optional<Difference>();
    after = rows->back().id;
  }
}

}  // namespace sportapp::verify
