#include "verify/view_checks.hpp"

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>

#include "sqlite/sqlite.hpp"

namespace sportapp::verify {
namespace {

constexpr std::int64_t kProgressEvery = 1000;

Result<std::optional<Difference>> apply(const projection::Projection& projection, ScratchViews& views,
                                        const journal::Entry& entry) {
  try {
    projection.apply(views, {entry.seq, entry.time_ms, entry.event});
    return std::optional<Difference>();
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, "temporary file");
  } catch (const std::exception& refused) {
    return std::optional(Difference{fmt::format("entry {}", entry.seq.value),
                                    "an event that can be projected", refused.what()});
  }
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

}  // namespace

Result<std::optional<Difference>> Replay::advance_to(Seq position, const Progress& progress) {
  auto refused = walk(reader_, position_, position, [&](const journal::Entry& entry) {
    if (entry.seq.value % kProgressEvery == 0) progress(entry.seq.value, position.value);
    return apply(projection_, views_, entry);
  });
  if (refused && position > position_) position_ = position;
  return refused;
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
  auto refused = replay.advance_to(*position, progress);
  if (!refused) return refused.error();
  if (*refused) return Checked{"", std::move(*refused)};
  auto compared = compare(replay.scratch(), stored_rows(snapshot), stored_lookups(snapshot), progress);
  if (!compared) return compared.error();
  return Checked{fmt::format("{} views, {} lookups at position {} of {}", compared->rows, compared->names,
                             position->value, head->value),
                 std::move(compared->first)};
}

}  // namespace sportapp::verify
