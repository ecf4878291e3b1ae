#include "verify/journal_checks.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>

#include "sqlite/sqlite.hpp"
#include "verify/scratch.hpp"

namespace sportapp::verify {
namespace {

constexpr std::int64_t kProgressEvery = 1000;

std::string place_of(const journal::Entry& entry) {
  return fmt::format("entry {}", entry.seq.value);
}

// Why a text of the entry is not JSON, if so.
std::optional<Difference> not_json(const journal::Entry& entry, const std::string& name,
                                   const std::string& text) {
  boost::json::error_code failed;
  static_cast<void>(boost::json::parse(text, failed));
  if (!failed) return std::nullopt;
  return Difference{place_of(entry) + ", " + name, "JSON", text + " (" + failed.message() + ")"};
}

// The entry as the successor of `previous`.
std::optional<Difference> wrong_link(Seq previous, const Hash& previous_hash, const journal::Entry& entry) {
  if (entry.seq != previous.next()) {
    return Difference{fmt::format("entry {}", previous.next().value), "an entry",
                      fmt::format("entry {} follows {}", entry.seq.value, previous.value)};
  }
  const auto made = journal::chained(previous_hash, entry);
  if (made != entry.hash) return Difference{place_of(entry) + ", hash", hex(made), hex(entry.hash)};
  if (auto wrong = not_json(entry, "payload", entry.event.payload)) return wrong;
  // What an event of another service caused, nobody waits for: its key begins with a space.
  if (entry.answer.body.empty() && entry.key.starts_with(' ')) return std::nullopt;
  return not_json(entry, "answer", entry.answer.body);
}

Pages stored_rows(journal::Reader& reader) {
  return [&reader](const Key& after) -> Result<std::vector<Record>> {
    auto rows = reader.rows_after(after.group, Id{after.id}, kPageRecords);
    if (!rows) return rows.error();
    std::vector<Record> records;
    for (auto& row : *rows)
      records.push_back({{std::move(row.table), row.id.value, ""}, std::move(row.json)});
    return records;
  };
}

Pages stored_uniques(journal::Reader& reader) {
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

// What the domain makes of one entry; what it cannot make anything of is a difference.
Result<std::optional<Difference>> apply(const domain::Domain& domain, ScratchState& state,
                                        const journal::Entry& entry) {
  try {
    domain.apply(state, {entry.seq, entry.time_ms, entry.event});
    return std::optional<Difference>();
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, "temporary file");
  } catch (const std::exception& refused) {
    return std::optional(Difference{place_of(entry), "an event that can be applied", refused.what()});
  }
}

}  // namespace

Result<std::optional<Difference>> walk(
    journal::Reader& reader, Seq after, Seq until,
    const std::function<Result<std::optional<Difference>>(const journal::Entry&)>& each) {
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

Result<Checked> check_file(journal::Reader& reader) {
  const auto damage = reader.damage();
  if (!damage) return damage.error();
  if (*damage) return Checked{"", Difference{"the database", "a sound file", **damage}};
  return Checked{"sound", std::nullopt};
}

Result<Checked> check_chain(journal::Reader& reader, const Progress& progress) {
  const auto head = reader.head();
  if (!head) return head.error();
  const auto base = reader.base();
  if (!base) return base.error();
  auto [seq, hash] = *base;
  auto difference = walk(reader, Seq{std::numeric_limits<std::int64_t>::min()}, *head,
                         [&](const journal::Entry& entry) -> Result<std::optional<Difference>> {
                           if (auto wrong = wrong_link(seq, hash, entry)) return wrong;
                           seq = entry.seq;
                           hash = entry.hash;
                           if (seq.value % kProgressEvery == 0) progress(seq.value, head->value);
                           return std::optional<Difference>();
                         });
  if (!difference) return difference.error();
  const auto repeated = reader.repeated_key();
  if (!repeated) return repeated.error();
  if (!*difference && *repeated) *difference = Difference{"key '" + **repeated + "'", "one entry", "several"};
  auto summary = fmt::format("{} entries, hash {}", seq.value - base->seq.value, hex(hash));
  if (base->seq > Seq{})
    summary += fmt::format("; not checked: 1 to {}, deleted by retention", base->seq.value);
  return Checked{std::move(summary), std::move(*difference)};
}

Checked not_checked(std::string_view of_what, Seq base) {
  return {fmt::format("not checked: {}entries 1 to {} were deleted by retention", of_what, base.value),
          std::nullopt};
}

Result<Checked> check_state(journal::Reader& reader, const domain::Domain& domain, const Progress& progress) {
  const auto head = reader.head();
  if (!head) return head.error();
  const auto base = reader.base();
  if (!base) return base.error();
  if (base->seq > Seq{}) return not_checked("", base->seq);
  Scratch scratch;
  ScratchState state(scratch);
  auto refused = walk(reader, Seq{}, *head, [&](const journal::Entry& entry) {
    if (entry.seq.value % kProgressEvery == 0) progress(entry.seq.value, head->value);
    return apply(domain, state, entry);
  });
  if (!refused) return refused.error();
  if (*refused) return Checked{"", std::move(*refused)};
  auto compared = compare(scratch, stored_rows(reader), stored_uniques(reader), progress);
  if (!compared) return compared.error();
  return Checked{fmt::format("{} rows, {} unique values", compared->rows, compared->names),
                 std::move(compared->first)};
}

}  // namespace sportapp::verify
