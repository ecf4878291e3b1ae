// What a journal keeps of the entries at its beginning that retention deleted: where they ended, and what the
// rest must still know of them.
//
//   base(seq, hash)             the last one deleted; the chain goes on from it
//   base_taken_in(source, seq)  the last of a source's events that one of them counted
//   base_taken_hash(source, seq, hash)  the hash of that event in the source's journal, where an entry had it
//   base_keys(key, ...)         those under a key of this program that is no event's: each takes effect once
//                               however long ago, as a retry of what was set aside does
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

// What was asked for is gone for good: kNever.
[[nodiscard]] Error deleted(const std::filesystem::path& file, Seq after, Seq base);

// SQLite's exceptions come through.
void create_base(SQLite::Database& database);
// Zeros where nothing was deleted, and in the file of a program that deleted nothing yet.
[[nodiscard]] Position base_of(SQLite::Database& database);
// By a statement that is prepared once and was made of this text, which needs the table to be there.
inline constexpr const char* kSelectBase = "SELECT seq, hash FROM base";
[[nodiscard]] Position base_in(SQLite::Statement& select);
// 0: none of the deleted entries counted one.
[[nodiscard]] Seq taken_in_before_base(SQLite::Database& database, std::string_view source);
// Of the event `seq`; nothing where it is not kept.
[[nodiscard]] std::optional<Hash> hash_taken_in_before_base(SQLite::Database& database,
                                                            std::string_view source, Seq seq);

// A key that another entry has since then. So it stands in the older one's row, where nobody looks for it:
// unique, below every key that anybody uses, and with the key itself in it, of which the entry's hash is
// made.
[[nodiscard]] std::string_view key_in_row(std::string_view stored);

// The writer's side: prepared once, used inside a transaction.
class BaseWriter {
 public:
  explicit BaseWriter(SQLite::Database& database);
  [[nodiscard]] Position base();
  // Deletes entries from the first on, up to `upto` and no more than `most`. Gives the base then.
  [[nodiscard]] Position advance(Seq upto, std::size_t most);
  // What was answered under a key of base_keys: seq, fingerprint and answer only.
  [[nodiscard]] std::optional<Entry> find(std::string_view key);
  // Whoever had the key has it no more; one of this program is never forgotten, and stays.
  void displace(std::string_view key);

 private:
  void keep_of(const std::string& key, Seq seq, std::string_view answer);

  SQLite::Statement base_, last_, internal_, take_in_, take_hash_, keep_key_, delete_, put_base_, find_,
      displace_;
};

}  // namespace sportapp::journal
