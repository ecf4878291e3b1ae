// A series of runs of one scenario: its levels of tactics, each so many times, and one report of all.
#pragma once
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lab/run/run.hpp"

namespace sportapp::lab {

struct SeriesOptions {
  Scenario scenario;
  std::string scenario_argument;  // as it was named on the command line
  std::uint64_t seed = 1;
  double duration_s = 60;
  std::vector<Level> levels;
  int repeat = 1;
  std::filesystem::path out;
  bool keep_data = false;
  std::optional<ForeignTarget> foreign{};
  std::string label{};                          // instead of the level's, or of the target's
  std::vector<std::filesystem::path> beside{};  // earlier results, for the same report
};

// Gives the exit status: that of the level that the scenario is for, where it is among them, else of all.
[[nodiscard]] int run_series(const SeriesOptions& options, const std::stop_token& stop);

}  // namespace sportapp::lab
