// A process that can end, start again, and hang: then everything that reaches it waits until it goes on.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "sim/timeline.hpp"

namespace sportapp::simulator {

class Process {
 public:
  explicit Process(Timeline& timeline) : timeline_(timeline) {}

  // In this run of the process: not at all once it has ended, and only when it does not hang.
  void after(Us delay, std::function<void()> what);

  void start();
  void end();
  void hang() { hung_ = up_; }
  void thaw();
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] bool hung() const { return hung_; }
  [[nodiscard]] std::uint64_t run() const { return run_; }  // 1, 2, 3...

 private:
  void arrived(std::uint64_t run, std::function<void()> what);
  void catch_up();

  Timeline& timeline_;
  bool up_ = false, hung_ = false;
  std::uint64_t run_ = 0;
  std::deque<std::function<void()>> waiting_;
};

}  // namespace sportapp::simulator
