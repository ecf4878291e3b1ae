// Two ordered sets of records held against each other, a page at a time: memory does not grow with them.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/check_result.hpp"
#include "base/result.hpp"

namespace sportapp::journal {

// Place of a row (group is its table, and an id) or of a unique name (group is its field, and the name).
struct Key {
  std::string group;
  std::int64_t id = 0;
  std::string name;
  auto operator<=>(const Key&) const = default;
};

struct Record {
  Key key;
  std::string value;
};

// The records that follow `after`, in order; empty at the end.
using Pages = std::function<Result<std::vector<Record>>(const Key& after)>;

// Below every key that can occur: the start of a walk.
[[nodiscard]] Key lowest();
inline constexpr std::size_t kPageRecords = 1000;

struct Comparison {
  std::int64_t equal = 0;  // records, up to the first difference
  std::optional<Difference> first;
};
using Progress = CheckProgress;

// `progress` is told the count of equal records now and then.
[[nodiscard]] Result<Comparison> compare(const Pages& expected, const Pages& found,
                                         const std::function<void(std::int64_t)>& progress);

}  // namespace sportapp::journal
