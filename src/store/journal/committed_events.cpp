#include "store/journal/committed_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/journal/base.hpp"
#include "store/journal/entry_row.hpp"

namespace sportapp::journal {
namespace {

using Events = std::vector<domain::CommittedEvent>;

struct Select {
  explicit Select(SQLite::Database& database)
      : events(database,
               "SELECT seq, time_ms, type, version, payload, hash FROM entries "
               "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?"),
        hash(database, kSelectHash),
        base(database, kSelectBase) {}
  SQLite::Statement events, hash, base;
};

Events select(Select& statements, Seq after, std::int64_t until, std::size_t limit) {
  auto& statement = statements.events;
  Events events;
  if (after.value >= until) return events;
  events.reserve(std::min<std::size_t>(limit, static_cast<std::size_t>(until - after.value)));
  statement.bind(1, after.value);
  statement.bind(2, until);
  statement.bind(3, static_cast<std::int64_t>(limit));
  auto previous = hash_in(statements.hash, statements.base, after).value_or(Hash{});
  while (statement.executeStep()) {
    const auto hash = hash_of(statement.getColumn(5).getString());
    events.push_back({Seq{statement.getColumn(0).getInt64()},
                      statement.getColumn(1).getInt64(),
                      {statement.getColumn(2).getString(), statement.getColumn(3).getInt(),
                       statement.getColumn(4).getString()},
                      std::exchange(previous, hash),
                      hash});
  }
  statement.reset();
  return events;
}

class CommittedEvents final : public messaging::JournalEvents {
 public:
  CommittedEvents(std::filesystem::path file, std::shared_ptr<const Durable> durable)
      : file_(std::move(file), std::move(durable)) {}

  Result<Events> read(Seq after, std::size_t limit) override {
    if (after.value >= file_.durable() || limit == 0) return Events();
    // The file that is open may be the journal no longer: a repaired disk was mounted over it, say. The
    // writer has noticed, since it failed; this connection reads what it had before, without an error.
    const bool was_open = file_.is_open();
    auto found = read_file(after, limit);
    if (found && !found->follows && after < found->base) return deleted(file_.path(), after, found->base);
    if (was_open && found && !found->follows) {
      file_.close();
      found = read_file(after, limit);
    }
    if (!found) return found.error();
    if (!found->follows) {
      file_.close();
      return Error{Retry::kLater,
                   fmt::format("{}: entry {} is missing though {} is durable; run sportapp verify",
                               file_.path().string(), after.next().value, found->until)};
    }
    return std::move(found->events);
  }

  Result<std::optional<Hash>> hash_at(Seq seq) override {
    Seq base;
    auto found = file_.read([&](Select& statements, std::int64_t until) -> std::optional<Hash> {
      base = base_in(statements.base).seq;
      if (seq.value > until) return std::nullopt;
      if (seq == Seq{}) return Hash{};  // before the first, whatever was deleted
      return hash_in(statements.hash, statements.base, seq);
    });
    if (found && !*found && seq < base) return deleted(file_.path(), seq, base);
    return found;
  }

  Result<Seq> base() override {
    return file_.read([](Select& select, std::int64_t) { return base_in(select.base).seq; });
  }

  Result<Seq> last() override { return Seq{file_.durable()}; }

 private:
  struct Found {
    Events events;
    std::int64_t until = 0;
    bool follows = true;  // without a gap
    Seq base{};
  };

  Result<Found> read_file(Seq after, std::size_t limit) {
    return file_.read([&](Select& statements, std::int64_t until) {
      // The base last: what was deleted in between is seen by it.
      Found found{select(statements, after, until, limit), until};
      found.base = base_in(statements.base).seq;
      found.follows =
          after.value >= until || (!found.events.empty() && found.events.front().seq == after.next());
      return found;
    });
  }

  LiveFile<Select> file_;
};

}  // namespace

std::unique_ptr<messaging::JournalEvents> make_committed_events(std::filesystem::path file,
                                                                std::shared_ptr<const Durable> durable) {
  return std::make_unique<CommittedEvents>(std::move(file), std::move(durable));
}

}  // namespace sportapp::journal
