#include "ops/verify/known_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "domain/fields.hpp"
#include "ops/verify/taken_in.hpp"

namespace sportapp::verify {
namespace {

namespace json = boost::json;

constexpr const char* kNoRow = "nothing";

// Rows of a table, asked for in order of id but for some.
class Rows {
 public:
  Rows(journal::Reader& reader, std::string table) : reader_(reader), table_(std::move(table)) {}

  Result<std::string> of(Id id) {
    if (!page_.empty() && id < page_.front().id) {
      const auto alone = reader_.rows_of(table_, Id{id.value - 1}, 1);
      if (!alone) return alone.error();
      return text_in(*alone, id);
    }
    if (page_.empty() || page_.back().id < id) {
      auto page = reader_.rows_of(table_, Id{id.value - 1}, kPageRecords);
      if (!page) return page.error();
      page_ = std::move(*page);
    }
    return text_in(page_, id);
  }

 private:
  static std::string text_in(const std::vector<journal::StateRow>& rows, Id id) {
    const auto row = std::lower_bound(rows.begin(), rows.end(), id,
                                      [](const auto& one, Id wanted) { return one.id < wanted; });
    return row == rows.end() || row->id != id ? kNoRow : row->json;
  }

  journal::Reader& reader_;
  const std::string table_;
  std::vector<journal::StateRow> page_;
};

// One source's things, in the table of its name.
class Known {
 public:
  Known(journal::Reader& reader, const domain::Domain& domain, const Source& source)
      : reader_(reader), domain_(domain), source_(source), rows_(reader, source.service) {}

  Result<std::optional<Difference>> check(const Progress& progress);
  [[nodiscard]] std::string summary() const {
    auto text = fmt::format("{} entries of {}", taken_in_.value, source_.service);
    if (base_ > Seq{}) text += fmt::format(" (not checked: 1 to {}, deleted by retention)", base_.value);
    return text;
  }

 private:
  Result<std::optional<Difference>> entry(const journal::Entry& entry);
  [[nodiscard]] std::vector<json::object> asked_to_keep(const journal::Entry& entry) const;
  Result<void> look(const journal::Entry& entry, const json::object& thing);

  journal::Reader& reader_;
  const domain::Domain& domain_;
  const Source& source_;
  Rows rows_;
  Seq taken_in_, base_;
  std::set<Seq> set_aside_;
  std::map<Id, Difference> unlike_;  // as long as no later entry says what is kept
};

Result<std::optional<Difference>> Known::check(const Progress& progress) {
  const auto taken_in = reader_.taken_in(source_.service);
  if (!taken_in) return taken_in.error();
  taken_in_ = *taken_in;
  auto aside = set_aside_of(reader_, source_.service);
  if (!aside) return aside.error();
  set_aside_ = std::move(*aside);
  const auto base = source_.reader.base();
  if (!base) return base.error();
  base_ = base->seq;
  auto wrong = walk(source_.reader, Seq{}, taken_in_, [&](const journal::Entry& one) {
    if (one.seq.value % kProgressEvery == 0) progress(one.seq.value, taken_in_.value);
    return entry(one);
  });
  if (!wrong || *wrong || unlike_.empty()) return wrong;
  return std::optional(std::move(unlike_.begin()->second));
}

Result<std::optional<Difference>> Known::entry(const journal::Entry& entry) {
  if (set_aside_.contains(entry.seq)) return std::optional<Difference>();
  try {
    for (const auto& thing : asked_to_keep(entry)) {
      if (auto looked = look(entry, thing); !looked) return looked.error();
    }
  } catch (const std::exception& failed) {
    return std::optional(Difference{fmt::format("entry {} of {}", entry.seq.value, source_.service),
                                    "set aside, since it is not understood", failed.what()});
  }
  return std::optional<Difference>();
}

std::vector<json::object> Known::asked_to_keep(const journal::Entry& entry) const {
  std::vector<json::object> things;
  for (const auto& reaction : domain_.react(source_.service, {{entry.seq, entry.time_ms, entry.event}})) {
    const auto body = domain::object_of(reaction.command.body);
    const auto* const list = body.if_contains(source_.service);
    if (list == nullptr || !list->is_array()) continue;
    for (const auto& thing : list->get_array()) things.push_back(thing.as_object());
  }
  return things;
}

Result<void> Known::look(const journal::Entry& entry, const json::object& thing) {
  const Id id{thing.at("id").as_int64()};
  auto kept = rows_.of(id);
  if (!kept) return kept.error();
  const auto said = json::serialize(thing);
  if (*kept == said) {
    unlike_.erase(id);
  } else {
    unlike_[id] = {fmt::format("{} {}", source_.service, id.value),
                   fmt::format("{}, as entry {} of {} says", said, entry.seq.value, source_.service),
                   std::move(*kept)};
  }
  return {};
}

}  // namespace

Result<Checked> check_known(journal::Reader& reader, const domain::Domain& domain,
                            const std::vector<Source>& sources, const Progress& progress) {
  std::string summary;
  for (const auto& source : sources) {
    Known known(reader, domain, source);
    auto difference = known.check(progress);
    if (!difference) return difference.error();
    if (*difference) return Checked{"", std::move(*difference)};
    summary += (summary.empty() ? "as of " : ", ") + known.summary();
  }
  return Checked{std::move(summary), std::nullopt};
}

}  // namespace sportapp::verify
