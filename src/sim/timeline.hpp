// Virtual time: what happens next, in order; what happens at the same time, in the order in which it was
// asked for.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace sportapp::simulator {

using Us = std::int64_t;
inline constexpr Us kMs = 1000;

class Timeline {
 public:
  [[nodiscard]] Us now_us() const { return now_us_; }
  [[nodiscard]] std::int64_t now_ms() const { return now_us_ / kMs; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

  void after(Us delay, std::function<void()> what) {
    queue_.push_back({now_us_ + delay, ++asked_, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end());
  }
  // Does the next thing. False: there is none.
  bool step() {
    if (queue_.empty()) return false;
    std::pop_heap(queue_.begin(), queue_.end());
    const auto next = std::move(queue_.back());
    queue_.pop_back();
    now_us_ = next.at_us;
    ++steps_;
    next.what();
    return true;
  }

 private:
  struct Event {
    Us at_us;
    std::uint64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const {  // the heap's top is the greatest
      return at_us != other.at_us ? at_us > other.at_us : number > other.number;
    }
  };
  std::vector<Event> queue_;
  Us now_us_ = 0;
  std::uint64_t asked_ = 0, steps_ = 0;
};

}  // namespace sportapp::simulator
