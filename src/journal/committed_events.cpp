#include "journal/committed_events.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

constexpr int kCacheKib = 2 * 1024;

class CommittedEvents final : public messaging::EventSource {
 public:
  CommittedEvents(std::filesystem::path file, std::shared_ptr<const std::atomic<std::int64_t>> durable_seq)
      : file_(std::move(file)), durable_seq_(std::move(durable_seq)) {}

  Result<void> open() {
    auto opened = sqlite::open(file_, {.cache_kib = kCacheKib, .read_only = true});
    if (!opened) return opened.error();
    try {
      select_ =
          std::make_unique<SQLite::Statement>(**opened,
                                              "SELECT seq, time_ms, type, version, payload FROM entries "
                                              "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, file_);
    }
    database_ = std::move(*opened);
    return {};
  }

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    const auto until = durable_seq_->load();
    if (after.value >= until || limit == 0) return std::vector<domain::CommittedEvent>();
    // The file that is open may be the journal no longer: a repaired disk was mounted over it, say. The
    // writer has noticed, since it failed; this connection reads what it had before, without an error.
    const bool was_open = select_ != nullptr;
    auto events = read_file(after, until, limit);
    if (was_open && events && !follows(*events, after)) {
      close();
      events = read_file(after, until, limit);
    }
    if (events && !follows(*events, after)) {
      close();
      return Error{Retry::kLater,
                   fmt::format("{}: entry {} is missing though {} is durable; run sportapp verify",
                               file_.string(), after.next().value, until)};
    }
    return events;
  }

 private:
  static bool follows(const std::vector<domain::CommittedEvent>& events, Seq after) {
    return !events.empty() && events.front().seq == after.next();
  }

  void close() {
    select_.reset();
    database_.reset();
  }

  Result<std::vector<domain::CommittedEvent>> read_file(Seq after, std::int64_t until, std::size_t limit) {
    if (!select_) {
      if (auto opened = open(); !opened) return opened.error();
    }
    try {
      return select(after, until, limit);
    } catch (const SQLite::Exception& exception) {
      close();
      return sqlite::to_error(exception, file_);
    }
  }

  std::vector<domain::CommittedEvent> select(Seq after, std::int64_t until, std::size_t limit) {
    std::vector<domain::CommittedEvent> events;
    events.reserve(std::min<std::size_t>(limit, static_cast<std::size_t>(until - after.value)));
    select_->bind(1, after.value);
    select_->bind(2, until);
    select_->bind(3, static_cast<std::int64_t>(limit));
    while (select_->executeStep()) {
      events.push_back({Seq{select_->getColumn(0).getInt64()},
                        select_->getColumn(1).getInt64(),
                        {select_->getColumn(2).getString(), select_->getColumn(3).getInt(),
                         select_->getColumn(4).getString()}});
    }
    select_->reset();
    return events;
  }

  const std::filesystem::path file_;
  const std::shared_ptr<const std::atomic<std::int64_t>> durable_seq_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Statement> select_;
};

}  // namespace

Result<std::unique_ptr<messaging::EventSource>> make_committed_events(
    std::filesystem::path file, std::shared_ptr<const std::atomic<std::int64_t>> durable_seq) {
  auto events = std::make_unique<CommittedEvents>(std::move(file), std::move(durable_seq));
  if (auto opened = events->open(); !opened) return opened.error();
  return std::unique_ptr<messaging::EventSource>(std::move(events));
}

}  // namespace sportapp::journal
