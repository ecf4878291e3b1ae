#include "store/journal/content_checks.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include <limits>

#include "store/journal/scratch.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

constexpr std::int64_t kProgressEvery = 1000;

std::string place_of(const Entry& entry) {
  return fmt::format("entry {}", entry.seq.value);
}

}  // namespace

std::optional<Difference> wrong_link(const Position& previous, const Entry& entry) {
  if (entry.seq != previous.seq.next()) {
    return Difference{fmt::format("entry {}", previous.seq.next().value), "an entry",
                      fmt::format("entry {} follows {}", entry.seq.value, previous.seq.value)};
  }
  const auto made = chained(previous.hash, entry);
  if (made != entry.hash) return Difference{place_of(entry) + ", hash", hex(made), hex(entry.hash)};
  return std::nullopt;
}

Pages stored_rows(Reader& reader) {
  return [&reader](const Key& after) -> Result<std::vector<Record>> {
    auto rows = reader.rows_after(after.group, Id{after.id}, kPageRecords);
    if (!rows) return rows.error();
    std::vector<Record> records;
    for (auto& row : *rows)
      records.push_back({{std::move(row.table), row.id.value, ""}, std::move(row.json)});
    return records;
  };
}

Pages stored_uniques(Reader& reader) {
  return [&reader](const Key& after) -> Result<std::vector<Record>> {
    auto uniques = reader.uniques_after(after.group, after.name, kPageRecords);
    if (!uniques) return uniques.error();
    std::vector<Record> records;
    for (auto& unique : *uniques) {
      records.push_back(
          {{std::move(unique.field), 0, std::move(unique.value)}, std::to_string(unique.id.value)});
    }
    return records;
  };
}

Result<std::optional<Difference>> replay(const domain::Domain& domain, Scratch& scratch, const Entry& entry) {
  try {
    ScratchState state(scratch);
    domain.apply(state, {entry.seq, entry.time_ms, entry.event});
    return std::optional<Difference>();
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, "temporary file");
  } catch (const std::exception& refused) {
    return std::optional(Difference{place_of(entry), "an event that can be applied", refused.what()});
  }
}

Result<std::optional<Difference>> walk(
    Reader& reader, Seq after, Seq until,
    const std::function<Result<std::optional<Difference>>(const Entry&)>& each) {
  while (after < until) {
    const auto page = reader.entries(after, kPageRecords);
    if (!page) return page.error();
    if (page->empty()) break;
    for (const auto& entry : *page) {
      if (entry.seq > until) return std::optional<Difference>();
      auto difference = each(entry);
      if (!difference || *difference) return difference;
    }
    after = page->back().seq;
  }
  return std::optional<Difference>();
}

Result<Checked> check_file(Reader& reader) {
  const auto damage = reader.damage();
  if (!damage) return damage.error();
  if (*damage) return Checked{"", Difference{"the database", "a sound file", **damage}};
  return Checked{"sound", std::nullopt};
}

Result<Checked> check_chain(Reader& reader, const Progress& progress, const FaultOf& fault_of) {
  const auto head = reader.head();
  if (!head) return head.error();
  const auto base = reader.base();
  if (!base) return base.error();
  auto last = *base;
  auto difference = walk(reader, Seq{std::numeric_limits<std::int64_t>::min()}, *head,
                         [&](const Entry& entry) -> Result<std::optional<Difference>> {
                           if (auto wrong = wrong_link(last, entry)) return wrong;
                           if (fault_of) {
                             if (auto fault = fault_of(entry)) return fault;
                           }
                           last = {entry.seq, entry.hash};
                           if (last.seq.value % kProgressEvery == 0) progress(last.seq.value, head->value);
                           return std::optional<Difference>();
                         });
  if (!difference) return difference.error();
  const auto repeated = reader.repeated_key();
  if (!repeated) return repeated.error();
  if (!*difference && *repeated) *difference = Difference{"key '" + **repeated + "'", "one entry", "several"};
  auto summary = fmt::format("{} entries, hash {}", last.seq.value - base->seq.value, hex(last.hash));
  if (base->seq > Seq{})
    summary += fmt::format("; not checked: 1 to {}, deleted by retention", base->seq.value);
  return Checked{std::move(summary), std::move(*difference)};
}

Result<Checked> check_state(Reader& reader, const domain::Domain& domain, const Progress& progress) {
  const auto head = reader.head();
  if (!head) return head.error();
  const auto base = reader.base();
  if (!base) return base.error();
  if (base->seq > Seq{}) return not_checked("", base->seq);
  Scratch scratch;
  auto refused = walk(reader, Seq{}, *head, [&](const Entry& entry) {
    if (entry.seq.value % kProgressEvery == 0) progress(entry.seq.value, head->value);
    return replay(domain, scratch, entry);
  });
  if (!refused) return refused.error();
  if (*refused) return Checked{"", std::move(*refused), true};
  auto compared = compare(scratch, stored_rows(reader), stored_uniques(reader), progress);
  if (!compared) return compared.error();
  return Checked{fmt::format("{} rows, {} unique values", compared->rows, compared->names),
                 std::move(compared->first)};
}

}  // namespace sportapp::journal
