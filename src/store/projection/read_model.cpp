#include "store/projection/read_model.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <new>

#include "domain/set_aside.hpp"
#include "store/projection/model_file.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::projection {
namespace {

namespace fs = std::filesystem;

constexpr int kSealBusyTimeoutMs = 200;
constexpr std::size_t kRetriedAtOnce = 500;

// An open file with the statements that write it; they live and die together.
struct Store {
  Store(std::unique_ptr<SQLite::Database> opened, bool is_base) : database(std::move(opened)) {
    if (is_base) put_origin.emplace(*database, "INSERT OR REPLACE INTO origin VALUES (1, ?)");
  }

  std::unique_ptr<SQLite::Database> database;
  SQLite::Statement view{*database, "SELECT view FROM views WHERE id = ?"};
  SQLite::Statement put_view{*database, "INSERT OR REPLACE INTO views VALUES (?, ?)"};
  sqlite::ValueIndex lookups{*database, kLookups};
  SQLite::Statement put_link{*database, "INSERT OR IGNORE INTO links VALUES (?, ?, ?)"};
  SQLite::Statement linked{*database,
                           "SELECT id FROM links WHERE kind = ? AND of = ? AND id > ? ORDER BY id LIMIT ?"};
  SQLite::Statement put_position{*database, "UPDATE meta SET position = ?"};
  SQLite::Statement put_last_entry{*database, "INSERT OR REPLACE INTO last_entry VALUES (1, ?, ?)"};
  SQLite::Statement put_set_aside{*database, "INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?)"};
  SQLite::Statement remove_set_aside{*database, "DELETE FROM set_aside WHERE seq = ?"};
  SQLite::Statement savepoint{*database, "SAVEPOINT event"};
  SQLite::Statement undo{*database, "ROLLBACK TO event"};
  SQLite::Statement release{*database, "RELEASE event"};
  std::optional<SQLite::Statement> put_origin;  // of a base model
};

class StoredViews final : public domain::Views {
 public:
  explicit StoredViews(Store& store) : store_(store) {}

  std::optional<std::string> view(Id id) override {
    Use use(store_.view);
    use->bind(1, id.value);
    if (!use->executeStep()) return std::nullopt;
    return use->getColumn(0).getString();
  }
  void put_view(Id id, std::string_view json) override {
    const std::string text(json);
    Use use(store_.put_view);
    use->bind(1, id.value);
    use->bindNoCopy(2, text);
    use->exec();
  }
  void put_lookup(std::string_view field, std::string_view value, Id id) override {
    store_.lookups.put(field, value, id);
  }
  void remove_lookup(std::string_view field, std::string_view value) override {
    store_.lookups.remove(field, value);
  }
  void put_link(std::string_view kind, Id of, Id id) override {
    Use(store_.put_link).bind(1, kind).bind(2, of.value).bind(3, id.value).step();
  }
  std::vector<Id> linked(std::string_view kind, Id of, Id after, std::size_t limit) override {
    Use use(store_.linked);
    use.bind(1, kind).bind(2, of.value).bind(3, after.value).bind(4, static_cast<std::int64_t>(limit));
    std::vector<Id> found;
    while (use.step()) found.push_back(Id{use->getColumn(0).getInt64()});
    return found;
  }

 private:
  Store& store_;
};

}  // namespace

struct ReadModel::Impl {
  Options options;
  const domain::Projection& projection;
  const Clock& clock;
  std::unique_ptr<Store> store;  // none after a failure, until the next call
  messaging::Place at;           // of the last transaction known to be whole

  std::size_t set_aside = 0;     // likewise
  std::optional<Hash> origin{};  // that goes with the position written next

  Result<void> ensure_open();
  void apply(std::span<const domain::CommittedEvent> events);
  bool apply_whole(std::span<const domain::CommittedEvent> events);
  void apply_each(std::span<const domain::CommittedEvent> events);
  std::optional<std::string> refused(const domain::CommittedEvent& event);
  std::optional<std::string> refused_and_undone(const domain::CommittedEvent& event);
  void write_set_aside(const domain::CommittedEvent& event, const std::string& reason);
  void put_place(const domain::CommittedEvent& last);
  std::size_t retry(std::span<const SetAside> events);
  Error failed(const SQLite::Exception& exception);
};

// What a failed transaction left in the connection is not worth knowing: the file is reopened, and what is
// in it counts.
Result<void> ReadModel::Impl::ensure_open() {
  if (store) return {};
  auto opened = open_model_file(options.file, projection.service(), options.is_base);
  if (!opened) return opened.error();
  try {
    auto fresh = std::make_unique<Store>(std::move(*opened), options.is_base);
    at = place_of(*fresh->database);
    const auto count = fresh->database->execAndGet("SELECT count(*) FROM set_aside").getInt64();
    set_aside = static_cast<std::size_t>(count);
    store = std::move(fresh);
  } catch (const SQLite::Exception& exception) {
    return failed(exception);
  }
  return {};
}

// Hardly any batch has an event that cannot be applied, and a savepoint an event costs: only a batch that has
// one is undone and done again with them.
void ReadModel::Impl::apply(std::span<const domain::CommittedEvent> events) {
  const auto changes_before = store->lookups.changes();
  if (apply_whole(events)) return;
  store->lookups.rolled_back(changes_before);
  apply_each(events);
}

bool ReadModel::Impl::apply_whole(std::span<const domain::CommittedEvent> events) {
  SQLite::Transaction transaction(*store->database);
  for (const auto& event : events) {
    if (refused(event)) return false;
  }
  put_place(events.back());
  store->lookups.move_some();
  transaction.commit();
  return true;
}

void ReadModel::Impl::apply_each(std::span<const domain::CommittedEvent> events) {
  SQLite::Transaction transaction(*store->database);
  std::size_t more = 0;
  for (const auto& event : events) {
    const auto reason = refused_and_undone(event);
    if (!reason) continue;
    write_set_aside(event, *reason);
    if (more++ > 0) continue;  // one line a batch: nothing may flood the log
    spdlog::error("event {} of {} ({}) cannot be shown in {} and is set aside: {}", event.seq.value,
                  projection.service(), event.event.type, options.file.string(), *reason);
  }
  put_place(events.back());
  store->lookups.move_some();
  transaction.commit();
  set_aside += more;
  if (more > 1)
    spdlog::error("{} more of the events up to {} are set aside", more - 1, events.back().seq.value);
}

// Why the projection cannot apply the event, if so. What fails in the file or for lack of memory is no fault
// of the event and comes through.
std::optional<std::string> ReadModel::Impl::refused(const domain::CommittedEvent& event) {
  StoredViews views(*store);
  try {
    if (!domain::is_about_set_aside(event.event)) projection.apply(views, event);
    return std::nullopt;
  } catch (const SQLite::Exception&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& why) {
    return why.what();
  }
}

std::optional<std::string> ReadModel::Impl::refused_and_undone(const domain::CommittedEvent& event) {
  const auto changes_before = store->lookups.changes();
  Use(store->savepoint).step();
  auto reason = refused(event);
  if (reason) {
    Use(store->undo).step();
    store->lookups.rolled_back(changes_before);
  }
  Use(store->release).step();
  return reason;
}

void ReadModel::Impl::write_set_aside(const domain::CommittedEvent& event, const std::string& reason) {
  const auto text = messaging::encode(event);
  Use(store->put_set_aside).bind(1, event.seq.value).bind(2, text).bind(3, reason).step();
}

void ReadModel::Impl::put_place(const domain::CommittedEvent& last) {
  Use(store->put_position).bind(1, last.seq.value).step();
  Use(store->put_last_entry).bind(1, last.seq.value).bind_blob(2, last.hash.data(), last.hash.size()).step();
  if (origin) Use(*store->put_origin).bind_blob(1, origin->data(), origin->size()).step();
}

// How many of them still cannot be applied; all in one transaction.
std::size_t ReadModel::Impl::retry(std::span<const SetAside> events) {
  SQLite::Transaction transaction(*store->database);
  std::size_t left = 0;
  for (const auto& [event, before] : events) {
    if (const auto reason = refused_and_undone(event)) {
      write_set_aside(event, *reason);
      ++left;
    } else {
      Use(store->remove_set_aside).bind(1, event.seq.value).step();
    }
  }
  store->lookups.move_some();
  transaction.commit();
  return left;
}

Error ReadModel::Impl::failed(const SQLite::Exception& exception) {
  store.reset();
  auto error = sqlite::to_error(exception, options.file);
  if (is_damage(exception) && options.on_damaged) options.on_damaged(error);
  return error;
}

ReadModel::ReadModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReadModel::~ReadModel() = default;

Result<std::unique_ptr<ReadModel>> ReadModel::open(Options options, const domain::Projection& projection,
                                                   const Clock& clock) {
  auto impl = std::unique_ptr<Impl>(new Impl{std::move(options), projection, clock, nullptr, {}});
  auto opened = impl->ensure_open();
  if (!opened && opened.error().retry == Retry::kNever && !impl->options.is_base) {
    spdlog::error("{}; the read model is rebuilt from the feed", opened.error().what);
    if (auto aside = put_aside(impl->options.file); !aside) return aside.error();
    opened = impl->ensure_open();
  }
  if (!opened) return opened.error();
  return std::unique_ptr<ReadModel>(new ReadModel(std::move(impl)));
}

messaging::Place ReadModel::place() {
  // Where it fails, the last place known is no harm: write() says why, and skips what counted already.
  (void)impl_->ensure_open();
  return impl_->at;
}

Result<void> ReadModel::write(std::span<const domain::CommittedEvent> events) {
  if (auto opened = impl_->ensure_open(); !opened) {
    if (opened.error().retry == Retry::kNever && impl_->options.on_damaged) {
      impl_->options.on_damaged(opened.error());
    }
    return opened;
  }
  while (!events.empty() && events.front().seq <= impl_->at.seq) events = events.subspan(1);
  if (events.empty()) return {};
  auto last = impl_->at;
  for (const auto& event : events) {
    if (event.seq != last.seq.next()) {
      return Error{Retry::kNever, fmt::format("{}: event {} was offered behind {}; nothing was written",
                                              impl_->options.file.string(), event.seq.value, last.seq.value)};
    }
    if (!messaging::continues(event, last)) {
      return Error{Retry::kLater,
                   fmt::format("{}: event {} is of another history than event {}, which is here; "
                               "nothing was written",
                               impl_->options.file.string(), event.seq.value, last.seq.value)};
    }
    last = messaging::place_after(event);
  }
  try {
    impl_->apply(events);
  } catch (const SQLite::Exception& exception) {
    return impl_->failed(exception);
  } catch (const std::bad_alloc&) {
    impl_->store.reset();
    return Error{Retry::kLater, fmt::format("{}: no memory for the events up to {}",
                                            impl_->options.file.string(), last.seq.value)};
  }
  impl_->at = last;
  if (impl_->options.on_written) {
    const auto lag_ms = impl_->clock.wall_ms() - events.front().time_ms;
    impl_->options.on_written({last.seq, std::max<std::int64_t>(lag_ms, 0), events.size(), impl_->set_aside});
  }
  return {};
}

Result<void> ReadModel::write_base(std::span<const domain::CommittedEvent> events, const Hash& hash) {
  impl_->origin = hash;
  auto written = write(events);
  impl_->origin.reset();
  return written;
}

std::size_t ReadModel::set_aside() {
  (void)impl_->ensure_open();
  return impl_->set_aside;
}

Result<Retried> ReadModel::retry_set_aside(const std::stop_token& stop) {
  if (auto opened = impl_->ensure_open(); !opened) return opened.error();
  Retried retried;
  try {
    for (Seq after; !stop.stop_requested();) {
      const auto events = set_aside_of(*impl_->store->database, after, kRetriedAtOnce);
      if (events.empty()) break;
      const auto left = impl_->retry(events);
      retried.applied += events.size() - left;
      retried.left += left;
      impl_->set_aside -= events.size() - left;
      after = events.back().event.seq;
    }
  } catch (const SQLite::Exception& exception) {
    return impl_->failed(exception);
  }
  return retried;
}

Result<Hash> ReadModel::digest() {
  if (auto opened = impl_->ensure_open(); !opened) return opened.error();
  try {
    return digest_of(*impl_->store->database);
  } catch (const SQLite::Exception& exception) {
    return impl_->failed(exception);
  }
}

Result<void> ReadModel::seal(std::unique_ptr<ReadModel> model) {
  auto& impl = *model->impl_;
  if (auto opened = impl.ensure_open(); !opened) return opened;
  auto database = std::move(impl.store->database);
  impl.store.reset();  // statements end before the connection
  try {
    database->setBusyTimeout(kSealBusyTimeoutMs);
    // Leaving WAL mode needs the file for itself: it moves all of the WAL into the file and removes it.
    if (database->execAndGet("PRAGMA journal_mode=DELETE").getString() != "delete") {
      return Error{Retry::kLater, fmt::format("{} is read by another process; end that and try again",
                                              impl.options.file.string())};
    }
  } catch (const SQLite::Exception& exception) {
    return sqlite::to_error(exception, impl.options.file);
  }
  return {};
}

}  // namespace sportapp::projection
