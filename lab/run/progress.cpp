#include "lab/run/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::int64_t kInPlaceMs = 100;
constexpr std::int64_t kElsewhereMs = 10'000;
constexpr std::size_t kWidth = 118;

}  // namespace

RunProgress::RunProgress() : in_place_(::isatty(STDERR_FILENO) == 1) {}

void RunProgress::run(std::string name) {
  run_ = std::move(name);
  phase_.clear();
}

void RunProgress::phase(std::string name) {
  phase_ = std::move(name);
  detail_.clear();
  draw(true);
}

void RunProgress::detail(std::string text) {
  detail_ = std::move(text);
  draw(false);
}

void RunProgress::draw(bool now) {
  const auto time_ms = clock_.monotonic_ms();
  if (!now && time_ms < next_ms_) return;
  next_ms_ = time_ms + (in_place_ ? kInPlaceMs : kElsewhereMs);
  auto line = fmt::format("{}: {}{}{}", run_, phase_, detail_.empty() ? "" : ": ", detail_);
  if (in_place_ && line.size() > kWidth) line.resize(kWidth);
  fmt::print(stderr, "{}{}{}", in_place_ ? "\r\x1b[K" : "", line, in_place_ ? "" : "\n");
  std::fflush(stderr);
  shown_ = in_place_;
}

void RunProgress::clear() {
  if (std::exchange(shown_, false)) fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace sportapp::lab
