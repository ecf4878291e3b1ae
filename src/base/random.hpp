// Chance from a seed: the same numbers on every machine, which the distributions of the standard library are
// not.
#pragma once
#include <cstdint>

namespace sportapp {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {  // splitmix64
    state_ += 0x9E3779B97F4A7C15U;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
  }
  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(count));
  }
  std::int64_t between(std::int64_t least, std::int64_t most) { return least + below(most - least + 1); }
  bool percent(std::int64_t chance) { return below(100) < chance; }
  bool coin() { return (next() & 1U) != 0; }

 private:
  std::uint64_t state_;
};

}  // namespace sportapp
