// The journal's tables. Used by the journal's thread only; throws SQLite::Exception, which the journal turns
// into errors.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "net/messaging/event_source.hpp"
#include "store/journal/base.hpp"
#include "store/journal/entry.hpp"
#include "store/sqlite/checkpointer.hpp"
#include "store/sqlite/value_index.hpp"
#include "store/sqlite/whole_file.hpp"

namespace sportapp::journal {

// Of the formats of journals, the latest that this program knows.
inline constexpr int kFormatMax = 3;
[[nodiscard]] Error newer_format(const std::filesystem::path& file, int format);
// How often the file was opened for writing.
[[nodiscard]] std::int64_t times_opened_of(SQLite::Database& database);

// The state tables as the rules see them.
class StoredState final : public domain::State {
 public:
  explicit StoredState(SQLite::Database& database);
  [[nodiscard]] std::optional<std::string> row(std::string_view table, Id id) const override;
  [[nodiscard]] std::optional<Id> id_of(std::string_view unique_field, std::string_view value) const override;
  [[nodiscard]] Id last_id(std::string_view table) const override;
  void put_row(std::string_view table, Id id, std::string_view json) override;
  void remove_row(std::string_view table, Id id) override;
  void put_unique(std::string_view unique_field, std::string_view value, Id id) override;
  [[nodiscard]] sqlite::ValueIndex& uniques() { return uniques_; }

 private:
  // Prepared once; using one changes it, though not the state.
  mutable SQLite::Statement row_, last_id_;
  SQLite::Statement put_row_, remove_row_;
  mutable sqlite::ValueIndex uniques_;
};

class Store {
 public:
  // Opens or makes the file, and makes durable whatever a killed process left visible in it: checkpoints,
  // syncs, and writes once. So an open store is one that can be written to.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file);
  // For what is kept elsewhere: nothing of it reaches a disk.
  [[nodiscard]] static std::unique_ptr<Store> in_memory();

  // When it was opened, the WAL was emptied: it holds nothing that an earlier process left.
  [[nodiscard]] bool wal_was_emptied() const { return wal_was_emptied_; }
  // Ends it in order: everything is in the one file and on the disk, and the WAL is empty. Gives what the
  // file is then, unless it is larger than `bytes_max`; an error where a reader held the WAL too long.
  // Nothing is written to it any more.
  [[nodiscard]] Result<std::optional<sqlite::WholeFile>> close(std::uint64_t bytes_max);

  void begin();
  void commit();
  void rollback() noexcept;

  // One command's changes inside the transaction: undone unless kept.
  class Savepoint {
   public:
    explicit Savepoint(Store& store);
    ~Savepoint();
    Savepoint(const Savepoint&) = delete;
    Savepoint& operator=(const Savepoint&) = delete;
    void keep();

   private:
    Store& store_;
    const std::uint64_t changes_before_;
    bool kept_ = false;
  };

  [[nodiscard]] domain::State& state() { return state_; }
  [[nodiscard]] std::optional<Entry> find(std::string_view key);  // seq, fingerprint and answer only
  void append(const Entry& entry);
  // As append(), of another journal's entry: that one may have forgotten that the key is an older entry's.
  void append_of_other(const Entry& entry);
  [[nodiscard]] Settled last();  // entry; zeros where there is none
  [[nodiscard]] std::int64_t times_opened() { return times_opened_of(*database_); }
  // The last of the entries that are deleted; zeros: none is.
  [[nodiscard]] Position base() { return base_.base(); }
  // Deletes entries from the first on, up to `upto`, which is not the last, and no more than `most`; in a
  // transaction of its own, which is not waited for until it is on disk: undone by the end of the system, it
  // is done again. Gives the base then.
  [[nodiscard]] Position trim(Seq upto, std::size_t most);
  [[nodiscard]] std::optional<Hash> hash_at(Seq seq);
  // The greatest position of `source` that an entry's key holds, and the hash that its answer has.
  [[nodiscard]] messaging::Place consumed(std::string_view source);

 private:
  Store(std::filesystem::path file, std::unique_ptr<SQLite::Database> database);
  const std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  bool wal_was_emptied_ = false;
  StoredState state_;
  std::unique_ptr<sqlite::Checkpointer> checkpointer_;
  std::uint64_t changes_before_ = 0;  // of the transaction under way
  SQLite::Statement begin_, commit_, rollback_, savepoint_, release_, undo_;
  SQLite::Statement find_, append_, head_, hash_at_;
  BaseWriter base_;
};

}  // namespace sportapp::journal
