// Where a journal is replayed: a temporary SQLite file, so that a million users fit in little memory.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "projection/projection.hpp"
#include "projection/snapshot.hpp"
#include "verify/records.hpp"

namespace sportapp::verify {

// Rows by table and id, names by field and value. SQLite's exceptions come through: what is replayed stands
// in between and has no errors of its own to give.
class Scratch {
 public:
  Scratch();
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

// Views as Projection::apply writes them.
class ScratchViews final : public projection::Views {
 public:
  explicit ScratchViews(Scratch& scratch) : scratch_(scratch) {}
  std::optional<std::string> view(Id id) override;
  void put_view(Id id, std::string_view json) override;
  void put_lookup(std::string_view field, std::string_view value, Id id) override;
  void remove_lookup(std::string_view field, std::string_view value) override;
  void put_link(std::string_view kind, Id of, Id id) override;
  std::vector<Id> linked(std::string_view kind, Id of, Id after, std::size_t limit) override;

 private:
  Scratch& scratch_;
};

// The group of views' keys; those of links follow it, in the order of (kind, of).
inline constexpr std::string_view kViews = "view";
[[nodiscard]] std::string link_group(std::string_view kind, Id of);
// The way back; the lowest link of all for any other group.
[[nodiscard]] projection::Snapshot::Link link_of(const Key& key);

}  // namespace sportapp::verify
