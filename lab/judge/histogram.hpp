#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sportapp::lab {

// Times in microseconds, counted in steps of 3 % at most, so that millions take no room.
class Histogram {
 public:
  void add(std::int64_t us);
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_us() const { return max_us_; }  // exact
  // The value that `part` of all are below: the upper end of its step. 0 where there is none.
  [[nodiscard]] std::int64_t quantile_us(double part) const;
  // How many are above, to within a step.
  [[nodiscard]] std::int64_t above(std::int64_t us) const;
  // {upper end, count} of the steps that have any, eight of them a doubling.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> coarse() const;

 private:
  std::vector<std::uint32_t> steps_;
  std::int64_t count_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace sportapp::lab
