// Numbers that mean different things have different types.
#pragma once
#include <compare>
#include <cstdint>

namespace sportapp {

template <class Tag>
struct StrongNumber {
  std::int64_t value = 0;
  auto operator<=>(const StrongNumber&) const = default;
  [[nodiscard]] StrongNumber next() const { return {value + 1}; }
};

// Position in a service's journal: 1, 2, 3...; 0 is before the first entry.
using Seq = StrongNumber<struct SeqTag>;
// Which primaryship an entry was written under.
using Epoch = StrongNumber<struct EpochTag>;
// Identity of a user, product or order within its service.
using Id = StrongNumber<struct IdTag>;

}  // namespace sportapp
