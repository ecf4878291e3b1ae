#include "lab/run/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "lab/report/report.hpp"
#include "lab/run/run_commands.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
constexpr double kBusy = 1.0;  // of the machine's load average, where a run's times say less

class Series {
 public:
  Series(const SeriesOptions& options, const std::stop_token& stop) : options_(options), stop_(stop) {}

  int run() {
    warn_of_busy_machine();
    for (int number = 1; number <= options_.repeat; ++number) {
      for (const auto level : options_.levels) {
        if (!run_one(level, number)) return not_run();
      }
    }
    if (!write()) return kExitNotRun;
    return failed_ ? kExitFail : kExitPass;
  }

 private:
  // An error is told.
  bool run_one(Level level, int number) {
    auto options = options_of(level, number);
    auto name = options.label;
    if (options_.repeat > 1) name += fmt::format(", {} of {}", number, options_.repeat);
    progress_.run(name);
    const auto verdict = run_once(options, stop_, progress_);
    progress_.clear();
    if (!verdict) {
      fmt::print(stderr, "sportapp: {}: could not be run: {}\n", name, verdict.error().what);
      return false;
    }
    ran_ = true;
    if (counts(level) && !verdict->pass) failed_ = true;
    tell(name, *verdict, counts(level) ? "" : "  (expected to lose: the scenario is for more tactics)");
    if (verdict->keep_data)
      fmt::print("         kept for a closer look: {}\n", (options.folder / "data").string());
    return true;
  }

  // Whether the exit status is about this level.
  [[nodiscard]] bool counts(Level level) const {
    const auto& levels = options_.levels;
    const auto meant = options_.scenario.level;
    const bool is_there = std::find(levels.begin(), levels.end(), meant) != levels.end();
    return options_.foreign || !is_there || level == meant;
  }

  [[nodiscard]] RunOptions options_of(Level level, int number) const {
    RunOptions options;
    options.scenario = options_.scenario;
    options.seed = options_.seed;
    options.duration_s = options_.duration_s;
    options.level = level;
    options.foreign = options_.foreign;
    const auto what = options_.foreign ? options_.foreign->url : std::string(to_string(level));
    options.label = options_.label.empty() ? what : options_.label;
    options.repeat = fmt::format("sportapp experiment run {} --seed {} {} {}", options_.scenario_argument,
                                 options_.seed, options_.foreign ? "--target" : "--tactics", what);
    if (options_.duration_s != options_.scenario.duration_s) {
      options.repeat += fmt::format(" --duration {}", options_.duration_s);
    }
    const auto folder = options_.foreign ? std::string("target") : what;
    options.folder = options_.out / fmt::format("{}-{}", folder, number);
    options.keep_data = options_.keep_data;
    return options;
  }

  void warn_of_busy_machine() const {
    const auto machine = this_machine();
    const auto load = machine.load_average.value_or(0);
    if (load > kBusy) {
      fmt::print(stderr,
                 "sportapp: this machine is busy (load average {:.1f}): times will be worse than they are\n",
                 load);
    }
  }

  // The report of those runs that were made.
  bool write() const {
    std::vector<fs::path> sources{options_.out};
    sources.insert(sources.end(), options_.beside.begin(), options_.beside.end());
    auto report = read_report(sources);
    if (report && options_.scenario.name == "class") report->published = published_by_seed();
    const auto written = report ? write_report(*report, options_.out) : Result<WrittenReport>(report.error());
    if (!written) {
      fmt::print(stderr, "sportapp: no report: {}\n", written.error().what);
      return false;
    }
    fmt::print("report   {}\n", (written->html.empty() ? written->markdown : written->html).string());
    if (!written->no_html.empty()) fmt::print(stderr, "sportapp: no report.html: {}\n", written->no_html);
    return true;
  }

  [[nodiscard]] int not_run() const {
    if (ran_) [[maybe_unused]]
      const bool written = write();
    if (stop_.stop_requested())
      fmt::print(stderr, "sportapp: interrupted; every fault is healed, every process ended\n");
    return kExitNotRun;
  }

  const SeriesOptions& options_;
  const std::stop_token stop_;
  RunProgress progress_;
  bool ran_ = false;
  bool failed_ = false;
};

}  // namespace

int run_series(const SeriesOptions& options, const std::stop_token& stop) {
  return Series(options, stop).run();
}

}  // namespace sportapp::lab
