#pragma once
#include <algorithm>
#include <set>

#include "domain/memory_state.hpp"

namespace sportapp::domain {

// A state and changes to it that only memory sees: for trying what an event would do.
class OverlayState final : public State {
 public:
  explicit OverlayState(const StateReader& below) : below_(below) {}  // must outlive it

  std::optional<std::string> row(std::string_view table, Id id) const override {
    if (removed_.contains({std::string(table), id.value})) return std::nullopt;
    auto found = above_.row(table, id);
    return found ? found : below_.row(table, id);
  }
  std::optional<Id> id_of(std::string_view field, std::string_view value) const override {
    const auto found = above_.id_of(field, value);
    return found ? found : below_.id_of(field, value);
  }
  // Of the rows that ever were.
  Id last_id(std::string_view table) const override {
    return std::max(above_.last_id(table), below_.last_id(table));
  }
  void put_row(std::string_view table, Id id, std::string_view json) override {
    removed_.erase({std::string(table), id.value});
    above_.put_row(table, id, json);
  }
  void remove_row(std::string_view table, Id id) override { removed_.insert({std::string(table), id.value}); }
  void put_unique(std::string_view field, std::string_view value, Id id) override {
    if (below_.id_of(field, value)) {
      throw std::logic_error("unique value stored twice: " + std::string(value));
    }
    above_.put_unique(field, value, id);
  }

 private:
  const StateReader& below_;
  MemoryState above_;
  std::set<std::pair<std::string, std::int64_t>> removed_;
};

}  // namespace sportapp::domain
