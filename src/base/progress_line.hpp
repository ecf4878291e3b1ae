#pragma once
#include <chrono>
#include <string_view>

namespace sportapp {

// How a command gets on, on standard error: a line that is written over on a terminal, a line every few
// seconds elsewhere; nothing in the first second.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether it is time for the next text; one that comes sooner is not shown.
  [[nodiscard]] bool due() const { return std::chrono::steady_clock::now() >= next_; }
  void show(std::string_view text);
  // Before anything else is printed.
  void clear();

 private:
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace sportapp
