// Where a journal is replayed: a temporary SQLite file, so that a million users fit in little memory.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "store/journal/records.hpp"

namespace sportapp::journal {

// Rows by table and id, names by field and value. SQLite's exceptions come through: what is replayed stands
// in between and has no errors of its own to give.
class Scratch {
 public:
  // That much memory, the rest in the temporary file.
  explicit Scratch(int cache_kib = 64 * 1024);
  ~Scratch();
  void put_row(std::string_view table, Id id, std::string_view json);
  [[nodiscard]] std::optional<std::string> row(std::string_view table, Id id);
  [[nodiscard]] Id last_id(std::string_view table);
  [[nodiscard]] std::vector<Id> ids_after(std::string_view table, Id after, std::size_t limit);
  void remove_row(std::string_view table, Id id);
  void put_name(std::string_view field, std::string_view value, Id id);
  void remove_name(std::string_view field, std::string_view value);
  [[nodiscard]] std::optional<Id> id_of(std::string_view field, std::string_view value);

  // Whether `write` throws nothing; if it does, what it wrote is undone and `why` is what it threw. SQLite's
  // own exceptions come through.
  [[nodiscard]] bool attempt(const std::function<void()>& write, std::string& why);

  [[nodiscard]] Pages rows();
  [[nodiscard]] Pages names();
  [[nodiscard]] std::int64_t row_count();
  [[nodiscard]] std::int64_t name_count();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ScratchComparison {
  std::int64_t rows = 0;
  std::int64_t names = 0;
  std::optional<Difference> first;
};
// What the replay made, which is expected, against what is stored.
[[nodiscard]] Result<ScratchComparison> compare(Scratch& scratch, const Pages& stored_rows,
                                                const Pages& stored_names, const Progress& progress);

// State as Domain::apply writes it.
class ScratchState final : public domain::State {
 public:
  explicit ScratchState(Scratch& scratch) : scratch_(scratch) {}
  std::optional<std::string> row(std::string_view table, Id id) const override;
  std::optional<Id> id_of(std::string_view field, std::string_view value) const override;
  Id last_id(std::string_view table) const override;
  void put_row(std::string_view table, Id id, std::string_view json) override;
  void remove_row(std::string_view table, Id id) override;
  void put_unique(std::string_view field, std::string_view value, Id id) override;

 private:
  Scratch& scratch_;
};

}  // namespace sportapp::journal
