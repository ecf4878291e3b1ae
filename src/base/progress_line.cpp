#include "base/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace sportapp {
namespace {

constexpr std::chrono::seconds kFirstAfter{1};
constexpr std::chrono::milliseconds kEveryOnTerminal{100};
constexpr std::chrono::seconds kEveryElsewhere{5};

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(::isatty(STDERR_FILENO) == 1), next_(std::chrono::steady_clock::now() + kFirstAfter) {}

void ProgressLine::show(std::string_view text) {
  if (!due()) return;
  next_ = std::chrono::steady_clock::now();
  if (terminal_) {
    next_ += kEveryOnTerminal;
    fmt::print(stderr, "\r\x1b[K{}", text);
    shown_ = true;
  } else {
    next_ += kEveryElsewhere;
    fmt::print(stderr, "{}\n", text);
  }
}

void ProgressLine::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace sportapp
