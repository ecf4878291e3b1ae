#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace sportapp::lab {

// How far a run is, on one line of standard error: drawn again in place on a terminal, elsewhere a line now
// and then and at each new phase.
class RunProgress {
 public:
  RunProgress();
  ~RunProgress() { clear(); }
  RunProgress(const RunProgress&) = delete;
  RunProgress& operator=(const RunProgress&) = delete;

  void run(std::string name);    // "masked, 2 of 5"
  void phase(std::string name);  // "faults"
  void detail(std::string text);
  void clear();

 private:
  void draw(bool now);
  const bool in_place_;
  const SystemClock clock_;
  std::string run_, phase_, detail_;
  std::int64_t next_ms_ = 0;
  bool shown_ = false;
};

}  // namespace sportapp::lab
