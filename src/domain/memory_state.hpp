#pragma once
#include <map>
#include <stdexcept>
#include <utility>

#include "domain/domain.hpp"

namespace sportapp::domain {

// State in memory: for tests of the rules and for replaying a journal beside the stored state.
class MemoryState final : public State {
 public:
  std::optional<std::string> row(std::string_view table, Id id) const override {
    const auto found = rows.find({std::string(table), id.value});
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Id> id_of(std::string_view field, std::string_view value) const override {
    const auto found = uniques.find({std::string(field), std::string(value)});
    return found == uniques.end() ? std::nullopt : std::optional(Id{found->second});
  }
  Id last_id(std::string_view table) const override {
    const auto found = last_ids.find(std::string(table));
    return found == last_ids.end() ? Id{} : Id{found->second};
  }
  void put_row(std::string_view table, Id id, std::string_view json) override {
    rows[{std::string(table), id.value}] = json;
    auto& last = last_ids[std::string(table)];
    if (id.value > last) last = id.value;
  }
  void remove_row(std::string_view table, Id id) override { rows.erase({std::string(table), id.value}); }
  void put_unique(std::string_view field, std::string_view value, Id id) override {
    if (!uniques.insert({{std::string(field), std::string(value)}, id.value}).second) {
      throw std::logic_error("unique value stored twice: " + std::string(value));
    }
  }

  std::map<std::pair<std::string, std::int64_t>, std::string> rows;
  std::map<std::pair<std::string, std::string>, std::int64_t> uniques;
  std::map<std::string, std::int64_t> last_ids;
};

}  // namespace sportapp::domain
