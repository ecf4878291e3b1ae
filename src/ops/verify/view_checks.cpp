#include "ops/verify/view_checks.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include <algorithm>

#include "domain/set_aside.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::verify {
namespace {

// By its number alone: a program's words for why may change.
Record set_aside_record(Seq seq) {
  return {{"event", seq.value, ""}, "set aside"};
}

Pages stored_set_aside(projection::Snapshot& snapshot) {
  return [&snapshot](const Key& after) -> Result<std::vector<Record>> {
    const auto events = snapshot.set_aside_after(Seq{std::max<std::int64_t>(after.id, 0)}, kPageRecords);
    if (!events) return events.error();
    std::vector<Record> records;
    for (const auto& [event, reason] : *events) records.push_back(set_aside_record(event.seq));
    return records;
  };
}

Result<std::vector<Record>> stored_links(projection::Snapshot& snapshot, const Key& after) {
  const auto links = snapshot.links_after(link_of(after), kPageRecords);
  if (!links) return links.error();
  std::vector<Record> records;
  for (const auto& link : *links)
    records.push_back({{link_group(link.kind, link.of), link.id.value, ""}, ""});
  return records;
}

// The views, and behind them the links.
Pages stored_rows(projection::Snapshot& snapshot) {
  return [&snapshot](const Key& after) -> Result<std::vector<Record>> {
    if (after.group > kViews) return stored_links(snapshot, after);
    auto views = snapshot.views_after(Id{after.id}, kPageRecords);
    if (!views) return views.error();
    if (views->empty()) return stored_links(snapshot, after);
    std::vector<Record> records;
    for (auto& view : *views) {
      records.push_back({{std::string(kViews), view.id.value, ""}, std::move(view.json)});
    }
    return records;
  };
}

Pages stored_lookups(projection::Snapshot& snapshot) {
  return [&snapshot](const Key& after) -> Result<std::vector<Record>> {
    auto lookups = snapshot.lookups_after(after.group, after.name, kPageRecords);
    if (!lookups) return lookups.error();
    std::vector<Record> records;
    for (auto& lookup : *lookups) {
      records.push_back(
          {{std::move(lookup.field), 0, std::move(lookup.value)}, std::to_string(lookup.id.value)});
    }
    return records;
  };
}

// The hash of the journal's entry at `seq`, deleted or not.
Result<std::optional<Hash>> hash_at(journal::Reader& reader, Seq seq) {
  const auto base = reader.base();
  if (!base) return base.error();
  if (seq <= base->seq) return seq == base->seq ? std::optional(base->hash) : std::nullopt;
  const auto entry = reader.entries(Seq{seq.value - 1}, 1);
  if (!entry) return entry.error();
  if (entry->empty() || entry->front().seq != seq) return std::optional<Hash>();
  return std::optional(entry->front().hash);
}

std::string text_of(const std::optional<Hash>& hash) {
  return hash ? hex(*hash) : "none";
}

// Each page of `pages` to `put`.
Result<std::int64_t> each(const Pages& pages, const std::function<void(const Record&)>& put) {
  std::int64_t count = 0;
  for (auto after = journal::lowest();;) {
    const auto page = pages(after);
    if (!page) return page.error();
    if (page->empty()) return count;
    for (const auto& record : *page) put(record);
    count += static_cast<std::int64_t>(page->size());
    after = page->back().key;
  }
}

}  // namespace

Result<Checked> Replay::begin_with(projection::Snapshot& base, const Progress&) {
  const auto position = base.position();
  if (!position) return position.error();
  const auto origin = base.origin();
  if (!origin) return origin.error();
  const auto expected = hash_at(reader_, *position);
  if (!expected) return expected.error();
  if (!*origin || *origin != *expected) {
    return Checked{"", Difference{fmt::format("hash of the journal at {}", position->value),
                                  text_of(*expected), text_of(*origin)}};
  }
  try {
    const auto rows = each(stored_rows(base), [this](const Record& row) {
      scratch_.put_row(row.key.group, Id{row.key.id}, row.value);
    });
    if (!rows) return rows.error();
    const auto names = each(stored_lookups(base), [this](const Record& name) {
      scratch_.put_name(name.key.group, name.key.name, Id{std::stoll(name.value)});
    });
    if (!names) return names.error();
    const auto aside = each(stored_set_aside(base), [this](const Record& one) { set_aside_.push_back(one); });
    if (!aside) return aside.error();
    position_ = began_at_ = *position;
    return Checked{
        fmt::format("{} views and links, {} lookups at position {}, of this journal; not checked: how they "
                    "came about",
                    *rows, *names, position->value),
        std::nullopt};
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, "temporary file");
  }
}

Result<void> Replay::advance_to(Seq position, const Progress& progress) {
  const auto each = [&](const journal::Entry& entry) -> Result<std::optional<Difference>> {
    if (entry.seq.value % kProgressEvery == 0) progress(entry.seq.value, position.value);
    if (domain::is_about_set_aside(entry.event)) return std::optional<Difference>();
    try {
      std::string why;
      const auto apply = [&] { projection_.apply(views_, {entry.seq, entry.time_ms, entry.event}); };
      if (!scratch_.attempt(apply, why)) set_aside_.push_back(set_aside_record(entry.seq));
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, "temporary file");
    }
    return std::optional<Difference>();
  };
  const auto walked = walk(reader_, position_, position, each);
  if (!walked) return walked.error();
  if (position > position_) position_ = position;
  return {};
}

Pages Replay::set_aside() {
  return [this](const Key& after) -> Result<std::vector<Record>> {
    auto first = std::upper_bound(set_aside_.begin(), set_aside_.end(), after.id,
                                  [](std::int64_t id, const Record& one) { return id < one.key.id; });
    const auto left = static_cast<std::size_t>(set_aside_.end() - first);
    return std::vector<Record>(first, first + static_cast<std::ptrdiff_t>(std::min(left, kPageRecords)));
  };
}

Result<Checked> check_file(projection::Snapshot& snapshot) {
  const auto damage = snapshot.damage();
  if (!damage) return damage.error();
  if (*damage) return Checked{"", Difference{"the database", "a sound file", **damage}};
  return Checked{"sound", std::nullopt};
}

Result<Checked> check_views(Replay& replay, projection::Snapshot& snapshot, const Progress& progress) {
  const auto position = snapshot.position();
  if (!position) return position.error();
  const auto head = replay.head();
  if (!head) return head.error();
  if (*position > *head) {
    return Checked{"",
                   Difference{"position", fmt::format("at most {}, the journal's last entry", head->value),
                              std::to_string(position->value)}};
  }
  if (*position < replay.began_at())
    return not_checked(fmt::format("at position {}, ", position->value), replay.began_at());
  if (auto advanced = replay.advance_to(*position, progress); !advanced) return advanced.error();
  auto aside = compare(replay.set_aside(), stored_set_aside(snapshot), [](std::int64_t) {});
  if (!aside) return aside.error();
  if (aside->first) return Checked{"", std::move(aside->first)};
  auto compared = compare(replay.scratch(), stored_rows(snapshot), stored_lookups(snapshot), progress);
  if (!compared) return compared.error();
  return Checked{fmt::format("{} views and links, {} lookups at position {} of {}{}", compared->rows,
                             compared->names, position->value, head->value,
                             aside->equal == 0 ? "" : fmt::format(", {} events set aside", aside->equal)),
                 std::move(compared->first)};
}

}  // namespace sportapp::verify
