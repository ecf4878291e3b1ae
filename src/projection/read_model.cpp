#include "projection/read_model.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "projection/model_file.hpp"

namespace sportapp::projection {
namespace {

namespace fs = std::filesystem;

constexpr int kSealBusyTimeoutMs = 200;

// An open file with the statements that write it; they live and die together.
struct Store {
  explicit Store(std::unique_ptr<SQLite::Database> opened) : database(std::move(opened)) {}

  std::unique_ptr<SQLite::Database> database;
  SQLite::Statement view{*database, "SELECT view FROM views WHERE id = ?"};
  SQLite::Statement put_view{*database, "INSERT OR REPLACE INTO views VALUES (?, ?)"};
  SQLite::Statement put_lookup{*database, "INSERT OR REPLACE INTO lookups VALUES (?, ?, ?)"};
  SQLite::Statement remove_lookup{*database, "DELETE FROM lookups WHERE field = ? AND value = ?"};
  SQLite::Statement put_link{*database, "INSERT OR IGNORE INTO links VALUES (?, ?, ?)"};
  SQLite::Statement linked{*database,
                           "SELECT id FROM links WHERE kind = ? AND of = ? AND id > ? ORDER BY id LIMIT ?"};
  SQLite::Statement put_position{*database, "UPDATE meta SET position = ?"};
};

class StoredViews final : public Views {
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
    const std::string name(field), text(value);
    Use use(store_.put_lookup);
    use->bindNoCopy(1, name);
    use->bindNoCopy(2, text);
    use->bind(3, id.value);
    use->exec();
  }
  void remove_lookup(std::string_view field, std::string_view value) override {
    const std::string name(field), text(value);
    Use use(store_.remove_lookup);
    use->bindNoCopy(1, name);
    use->bindNoCopy(2, text);
    use->exec();
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
  const Projection& projection;
  const Clock& clock;
  std::unique_ptr<Store> store;  // none after a failure, until the next call
  Seq position;                  // of the last transaction known to be whole

  Result<void> ensure_open();
  void apply(std::span<const domain::CommittedEvent> events);
  Error failed(const SQLite::Exception& exception);
};

// What a failed transaction left in the connection is not worth knowing: the file is opened anew, and what is
// in it counts.
Result<void> ReadModel::Impl::ensure_open() {
  if (store) return {};
  auto opened = open_model_file(options.file, projection.service());
  if (!opened) return opened.error();
  try {
    auto fresh = std::make_unique<Store>(std::move(*opened));
    position = position_of(*fresh->database);
    store = std::move(fresh);
  } catch (const SQLite::Exception& exception) {
    return failed(exception);
  }
  return {};
}

void ReadModel::Impl::apply(std::span<const domain::CommittedEvent> events) {
  SQLite::Transaction transaction(*store->database);
  StoredViews views(*store);
  for (const auto& event : events) {
    try {
      projection.apply(views, event);
    } catch (const SQLite::Exception&) {
      throw;
    } catch (const std::exception& refused) {
      throw std::runtime_error(fmt::format("event {} of {} ({}) cannot be shown in {}: {}", event.seq.value,
                                           projection.service(), event.event.type, options.file.string(),
                                           refused.what()));
    }
  }
  {
    Use use(store->put_position);
    use->bind(1, events.back().seq.value);
    use->exec();
  }
  transaction.commit();
}

Error ReadModel::Impl::failed(const SQLite::Exception& exception) {
  store.reset();
  auto error = sqlite::to_error(exception, options.file);
  if (is_damage(exception) && options.on_damaged) options.on_damaged(error);
  return error;
}

ReadModel::ReadModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReadModel::~ReadModel() = default;

Result<std::unique_ptr<ReadModel>> ReadModel::open(Options options, const Projection& projection,
                                                   const Clock& clock) {
  auto impl = std::unique_ptr<Impl>(new Impl{std::move(options), projection, clock, nullptr, {}});
  auto opened = impl->ensure_open();
  if (!opened && opened.error().retry == Retry::kNever) {
    spdlog::error("{}; the read model is made anew from the feed", opened.error().what);
    if (auto aside = put_aside(impl->options.file); !aside) return aside.error();
    opened = impl->ensure_open();
  }
  if (!opened) return opened.error();
  return std::unique_ptr<ReadModel>(new ReadModel(std::move(impl)));
}

Seq ReadModel::position() {
  // Where it fails, the last position known is no harm: write() says why, and skips what counted already.
  (void)impl_->ensure_open();
  return impl_->position;
}

Result<void> ReadModel::write(std::span<const domain::CommittedEvent> events) {
  if (auto opened = impl_->ensure_open(); !opened) {
    if (opened.error().retry == Retry::kNever && impl_->options.on_damaged) {
      impl_->options.on_damaged(opened.error());
    }
    return opened;
  }
  while (!events.empty() && events.front().seq <= impl_->position) events = events.subspan(1);
  if (events.empty()) return {};
  auto last = impl_->position;
  for (const auto& event : events) {
    if (event.seq != last.next()) {
      return Error{Retry::kNever, fmt::format("{}: event {} was offered behind {}; nothing was written",
                                              impl_->options.file.string(), event.seq.value, last.value)};
    }
    last = event.seq;
  }
  try {
    impl_->apply(events);
  } catch (const SQLite::Exception& exception) {
    return impl_->failed(exception);
  } catch (const std::exception& refused) {
    return Error{Retry::kNever, refused.what()};
  }
  impl_->position = last;
  if (impl_->options.on_written) {
    const auto lag_ms = impl_->clock.wall_ms() - events.front().time_ms;
    impl_->options.on_written({last, std::max<std::int64_t>(lag_ms, 0), events.size()});
  }
  return {};
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
