// What a check of stored data found.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.hpp"

namespace sportapp {

// What should be there and what is.
struct Difference {
  std::string place;
  std::string expected;
  std::string found;
};

struct Checked {
  std::string summary;  // counts
  std::optional<Difference> first;
  // The difference is an event that this program cannot apply, though the chain says that it is what was
  // written: the fault of a program, not of a disk.
  bool is_unknown_event = false;
};

// How far the check under way is.
using CheckProgress = std::function<void(std::int64_t done, std::int64_t of)>;

// What is to be said of a check that needs the entries which retention deleted.
[[nodiscard]] Checked not_checked(std::string_view of_what, Seq base);

}  // namespace sportapp
