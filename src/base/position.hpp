#pragma once
#include "base/hash.hpp"
#include "base/strong.hpp"

namespace sportapp {

// A place in a journal: an entry, and the chained hash up to it. Two journals are equal up to it exactly when
// they agree on it. Zeros: before the first entry.
struct Position {
  Seq seq;
  Hash hash{};
  bool operator==(const Position&) const = default;
};

}  // namespace sportapp
