#include "ops/import/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/visible.hpp"

namespace sportapp::importing {
namespace {

constexpr std::int64_t kLineEveryMs = 5000;  // where the bar cannot be drawn in place
constexpr double kSmoothOverMs = 3000;       // the rate shown is that of about the last seconds
constexpr int kBarWidth = 20;

std::string clock_text(std::int64_t seconds) {
  if (seconds >= 3600) {
    return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string bar(double part) {
  const auto full = static_cast<int>(part * kBarWidth);
  return fmt::format("{:3}% [{:#<{}}{:-<{}}]  ", static_cast<int>(part * 100), "", full, "",
                     kBarWidth - full);
}

double smoothed(double before, double now, std::int64_t over_ms) {
  if (before == 0) return now;
  const auto weight = 1 - std::exp(-static_cast<double>(over_ms) / kSmoothOverMs);
  return before + weight * (now - before);
}

}  // namespace

std::string grouped(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::int64_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string progress_line(const ProgressView& view) {
  std::string line;
  if (view.bytes_total && *view.bytes_total > 0) {
    line += bar(std::min(1.0, static_cast<double>(view.bytes_read) / static_cast<double>(*view.bytes_total)));
  }
  line += fmt::format("{} lines  {}/s", grouped(view.counts.settled()),
                      grouped(static_cast<std::int64_t>(std::lround(view.lines_per_s))));
  if (view.left_s) line += fmt::format("  {} left", clock_text(*view.left_s));
  if (view.counts.refused > 0) line += fmt::format("  {} refused", grouped(view.counts.refused));
  if (view.counts.retries > 0) line += fmt::format("  {} retried", grouped(view.counts.retries));
  if (!view.trouble.empty()) line += fmt::format("  waiting: {}", view.trouble);
  return line;
}

std::string summary(const Outcome& outcome) {
  const auto& counts = outcome.counts;
  const auto seconds = static_cast<double>(outcome.elapsed_ms) / 1000;
  const auto per_s = seconds > 0 ? static_cast<double>(counts.settled()) / seconds : 0;
  auto text = fmt::format("{} registered, {} already there, {} refused", grouped(counts.registered),
                          grouped(counts.replayed), grouped(counts.refused));
  if (counts.unsettled > 0) text += fmt::format(", {} without a final answer", grouped(counts.unsettled));
  return text + fmt::format("; {:.1f} s, {} lines/s", seconds,
                            grouped(static_cast<std::int64_t>(std::lround(per_s))));
}

Progress::Progress(const Clock& clock, std::FILE* report, std::FILE* bar)
    : clock_(clock),
      report_(report),
      bar_(bar),
      in_place_(::isatty(::fileno(bar)) == 1),
      drawn_ms_(clock.monotonic_ms()),
      measured_ms_(drawn_ms_) {}

void Progress::line_refused(std::int64_t line, std::string_view why) {
  hide();
  fmt::print(report_, "line {}: {}\n", line, visible(why));
}

void Progress::progress(const Counts& counts, const LineSource& source, const std::string& trouble) {
  std::fflush(report_);
  const auto now_ms = clock_.monotonic_ms();
  if (now_ms <= measured_ms_ || (!in_place_ && now_ms - drawn_ms_ < kLineEveryMs)) return;
  measure(counts, source, now_ms);
  drawn_ms_ = now_ms;
  ProgressView view{counts, source.bytes_read(), source.bytes_total(), lines_per_s_, std::nullopt, trouble};
  if (view.bytes_total && bytes_per_s_ > 0) {
    const auto left = static_cast<double>(std::max<std::int64_t>(*view.bytes_total - view.bytes_read, 0));
    if (const auto left_s = left / bytes_per_s_; left_s < 1e6) view.left_s = std::lround(left_s);
  }
  if (in_place_) {
    fmt::print(bar_, "\r\x1b[K{}", progress_line(view));
    shown_ = true;
  } else {
    fmt::print(bar_, "{}\n", progress_line(view));
  }
  std::fflush(bar_);
}

void Progress::measure(const Counts& counts, const LineSource& source, std::int64_t now_ms) {
  const auto over_ms = now_ms - measured_ms_;
  const auto rate = [&](std::int64_t more) {
    return static_cast<double>(more) * 1000 / static_cast<double>(over_ms);
  };
  lines_per_s_ = smoothed(lines_per_s_, rate(counts.settled() - lines_before_), over_ms);
  bytes_per_s_ = smoothed(bytes_per_s_, rate(source.bytes_read() - bytes_before_), over_ms);
  lines_before_ = counts.settled();
  bytes_before_ = source.bytes_read();
  measured_ms_ = now_ms;
}

void Progress::hide() {
  if (!shown_) return;
  fmt::print(bar_, "\r\x1b[K");
  std::fflush(bar_);
  shown_ = false;
}

}  // namespace sportapp::importing
