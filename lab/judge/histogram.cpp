#include "lab/judge/histogram.hpp"

#include <algorithm>
#include <bit>

namespace sportapp::lab {
namespace {

// The first 64 values have a step each; every doubling after them has 32.
constexpr std::int64_t kSingle = 64;
constexpr std::int64_t kPerDoubling = 32;
constexpr std::int64_t kUsMax = std::int64_t{1} << 42;  // fifty days
constexpr std::size_t kCoarse = 4;                      // steps in one of coarse()

std::size_t step_of(std::int64_t us) {
  const auto value = static_cast<std::uint64_t>(std::clamp<std::int64_t>(us, 0, kUsMax));
  if (value < kSingle) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 6;
  return kSingle + (shift - 1) * kPerDoubling + ((value >> shift) - kPerDoubling);
}

// The greatest value of it.
std::int64_t upper_us(std::size_t step) {
  const auto number = static_cast<std::int64_t>(step);
  if (number < kSingle) return number;
  const auto shift = (number - kSingle) / kPerDoubling + 1;
  const auto within = (number - kSingle) % kPerDoubling + kPerDoubling;
  return ((within + 1) << shift) - 1;
}

}  // namespace

void Histogram::add(std::int64_t us) {
  const auto step = step_of(us);
  if (steps_.size() <= step) steps_.resize(step + 1);
  ++steps_[step];
  ++count_;
  max_us_ = std::max(max_us_, us);
}

std::int64_t Histogram::quantile_us(double part) const {
  if (count_ == 0) return 0;
  auto rank = std::min(count_ - 1, static_cast<std::int64_t>(part * static_cast<double>(count_)));
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    rank -= steps_[step];
    if (rank < 0) return std::min(upper_us(step), max_us_);
  }
  return max_us_;
}

std::int64_t Histogram::above(std::int64_t us) const {
  std::int64_t found = 0;
  for (auto step = step_of(us) + 1; step < steps_.size(); ++step) found += steps_[step];
  return found;
}

std::vector<std::pair<std::int64_t, std::int64_t>> Histogram::coarse() const {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  for (std::size_t first = 0; first < steps_.size(); first += kCoarse) {
    std::int64_t count = 0;
    for (auto step = first; step < std::min(first + kCoarse, steps_.size()); ++step) count += steps_[step];
    if (count > 0) found.emplace_back(upper_us(first + kCoarse - 1), count);
  }
  return found;
}

}  // namespace sportapp::lab
