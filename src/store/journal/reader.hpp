// The journal's file as it stands, for whoever checks or copies it. Reads only; the process may be running.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/journal/entry.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::journal {

struct StateRow {
  std::string table;
  Id id;
  std::string json;
};

// All that one reader gives is of one moment: it holds a read transaction, during which the process's WAL
// cannot shrink. One thread at a time.
class Reader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& file);
  ~Reader();

  // The last entry's seq; 0 in an empty journal.
  [[nodiscard]] Result<Seq> head();
  // The last of the entries that retention deleted, all from the first on; zeros: none was.
  [[nodiscard]] Result<Position> base();
  // Of an entry that is there, or of the base; nothing for any other seq.
  [[nodiscard]] Result<std::optional<Hash>> hash_at(Seq seq);
  // 0 where the file is not a journal yet: it was made, and its process ended before it had its tables.
  [[nodiscard]] Result<int> format();
  // How often the file was opened for writing.
  [[nodiscard]] Result<std::int64_t> times_opened();
  // The last of the source's events that counted here; 0: none did.
  [[nodiscard]] Result<Seq> taken_in(std::string_view source);
  // As stored, in order of seq, gaps and all; a hash that has not its 32 bytes comes as zeros.
  [[nodiscard]] Result<std::vector<Entry>> entries(Seq after, std::size_t limit);
  // In order of (table, id) and (field, value).
  [[nodiscard]] Result<std::vector<StateRow>> rows_after(std::string_view table, Id id, std::size_t limit);
  [[nodiscard]] Result<std::vector<sqlite::IndexedValue>> uniques_after(std::string_view field,
                                                                        std::string_view value,
                                                                        std::size_t limit);
  // Of one table, in order of id.
  [[nodiscard]] Result<std::vector<StateRow>> rows_of(std::string_view table, Id after, std::size_t limit);
  // How many rows a table has, counted no further than `most`.
  [[nodiscard]] Result<std::int64_t> count(std::string_view table, std::size_t most);
  // An entry with after < seq <= until that is not found by its key.
  [[nodiscard]] Result<std::optional<Seq>> not_found_by_key(Seq after, Seq until);
  // What SQLite's own check of the file complains of first.
  [[nodiscard]] Result<std::optional<std::string>> damage();
  // A key that two entries have.
  [[nodiscard]] Result<std::optional<std::string>> repeated_key();

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::journal
