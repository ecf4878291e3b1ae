// When silence means that something is wrong: after a bound that grows where answers come unevenly, and not
// while it is the listener itself who was not awake.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sportapp::watch {

class Silence {
 public:
  // Never longer than kLongest times the least bound.
  static constexpr std::int64_t kLongest = 4;
  // So many times the usual gap is suspicious.
  static constexpr std::int64_t kTimesUsual = 3;

  explicit Silence(std::int64_t least_ms) : least_ms_(least_ms) {}

  // The listening begins: a new connection.
  void begin(std::int64_t now_ms) {
    last_ms_ = now_ms;
    owed_ms_ = 0;
  }
  void heard(std::int64_t now_ms) {
    const auto gap = silent_ms(now_ms);
    // A long gap counts at once and is forgotten within seconds.
    usual_16ths_ = std::max(gap * 16, usual_16ths_ - usual_16ths_ / 64);
    begin(now_ms);
  }
  // The listener was to wake up earlier: what was said meanwhile it could not hear.
  void woke_late(std::int64_t late_ms) { owed_ms_ += late_ms; }

  [[nodiscard]] std::int64_t silent_ms(std::int64_t now_ms) const {
    return std::max<std::int64_t>(0, now_ms - last_ms_ - owed_ms_);
  }
  [[nodiscard]] std::int64_t bound_ms() const {
    return std::clamp(kTimesUsual * usual_16ths_ / 16, least_ms_, kLongest * least_ms_);
  }
  [[nodiscard]] bool suspicious(std::int64_t now_ms) const { return silent_ms(now_ms) > bound_ms(); }

 private:
  std::int64_t least_ms_;
  std::int64_t last_ms_ = 0;
  std::int64_t owed_ms_ = 0;
  std::int64_t usual_16ths_ = 0;  // sixteenths of a millisecond
};

}  // namespace sportapp::watch
