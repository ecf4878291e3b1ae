#pragma once
#include <cstdio>
#include <cstdlib>

namespace sportapp::testing {

// What a fuzzer checks: ends the process, so that the input is kept as a finding.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace sportapp::testing
