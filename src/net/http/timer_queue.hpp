#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/loop.hpp"

namespace sportapp::http {

// Timers in order of their time; those of one time in the order they were added. One thread.
class TimerQueue {
 public:
  Loop::TimerId add(std::int64_t at_us, Loop::Task task);
  void cancel(Loop::TimerId timer);
  [[nodiscard]] std::optional<std::int64_t> next_us() const;
  // The first task whose time has come; one at a time, since a task may cancel the next.
  [[nodiscard]] std::optional<Loop::Task> pop_due(std::int64_t now_us);

 private:
  using Key = std::pair<std::int64_t, Loop::TimerId>;
  std::map<Key, Loop::Task> tasks_;
  std::unordered_map<Loop::TimerId, std::int64_t> times_us_;
  Loop::TimerId last_ = 0;
};

}  // namespace sportapp::http
