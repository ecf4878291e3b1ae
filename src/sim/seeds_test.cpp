#include <gtest/gtest.h>

#include "sim/faults.hpp"

namespace sportapp::simulator {
namespace {

std::string trace_of(std::uint64_t seed) {
  std::string trace;
  World world(settings_of(seed, 0), [&trace](const std::string& line) { trace += line; });
  run(world);
  return trace;
}

TEST(Seeds, TheSameSeedGivesTheSameTrace) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto trace = trace_of(seed);
    EXPECT_GT(trace.size(), 1000U);
    ASSERT_EQ(trace, trace_of(seed)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace sportapp::simulator
