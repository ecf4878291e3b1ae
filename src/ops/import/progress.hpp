#pragma once
#include <cstdio>
#include <string>

#include "base/clock.hpp"
#include "ops/import/importer.hpp"

namespace sportapp::importing {

struct ProgressView {
  Counts counts;
  std::int64_t bytes_read = 0;
  std::optional<std::int64_t> bytes_total;
  double lines_per_s = 0;
  std::optional<std::int64_t> left_s;
  std::string trouble;
};

// `43% [########------------]  81,234 lines  10,120/s  0:12 left  3 refused  17 retried`; parts that say
// nothing are left out.
[[nodiscard]] std::string progress_line(const ProgressView& view);
// `1,234,567`
[[nodiscard]] std::string grouped(std::int64_t number);
[[nodiscard]] std::string summary(const Outcome& outcome);

// Refused lines to `report`; how it goes to `bar`: drawn again in place on a terminal, else a line now and
// then.
class Progress final : public Listener {
 public:
  Progress(const Clock& clock, std::FILE* report, std::FILE* bar);
  void line_refused(std::int64_t line, std::string_view why) override;
  void progress(const Counts& counts, const LineSource& source, const std::string& trouble) override;
  // Takes the bar away.
  void hide();

 private:
  void measure(const Counts& counts, const LineSource& source, std::int64_t now_ms);

  const Clock& clock_;
  std::FILE* report_;
  std::FILE* bar_;
  bool in_place_;
  bool shown_ = false;
  std::int64_t drawn_ms_;
  std::int64_t measured_ms_;
  std::int64_t lines_before_ = 0;
  std::int64_t bytes_before_ = 0;
  double lines_per_s_ = 0;
  double bytes_per_s_ = 0;
};

}  // namespace sportapp::importing
