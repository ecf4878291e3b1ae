#pragma once
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "domain/projection.hpp"

namespace sportapp::testing {

// Views in memory: for tests of projections.
struct MemoryViews final : domain::Views {
  std::optional<std::string> view(Id id) override {
    const auto found = views.find(id.value);
    return found == views.end() ? std::nullopt : std::optional(found->second);
  }
  void put_view(Id id, std::string_view json) override { views[id.value] = json; }
  void put_lookup(std::string_view field, std::string_view value, Id id) override {
    lookups[{std::string(field), std::string(value)}] = id.value;
  }
  void remove_lookup(std::string_view field, std::string_view value) override {
    lookups.erase({std::string(field), std::string(value)});
  }
  void put_link(std::string_view kind, Id of, Id id) override {
    links.insert({std::string(kind), of.value, id.value});
  }
  std::vector<Id> linked(std::string_view kind, Id of, Id after, std::size_t limit) override {
    std::vector<Id> found;
    auto at = links.upper_bound({std::string(kind), of.value, after.value});
    for (; at != links.end() && found.size() < limit; ++at) {
      if (std::get<0>(*at) != kind || std::get<1>(*at) != of.value) break;
      found.push_back(Id{std::get<2>(*at)});
    }
    return found;
  }

  std::map<std::int64_t, std::string> views;
  std::map<std::pair<std::string, std::string>, std::int64_t> lookups;
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> links;
};

}  // namespace sportapp::testing
