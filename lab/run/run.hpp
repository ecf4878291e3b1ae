// One run: from an instance of its own to the verdict.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "lab/run/progress.hpp"
#include "lab/run/record.hpp"
#include "lab/run/verdict.hpp"

namespace sportapp::lab {

// A backend that somebody else started.
struct ForeignTarget {
  std::string url;
  ForeignBackend at;
  std::map<std::string, std::string> commands;  // of the shell, by kind of fault; heal-KIND takes it back
};
// An error where it is not on this machine's loopback: a load is no guest.
[[nodiscard]] Result<ForeignTarget> foreign_target(const std::string& url);
// An error where nobody takes a connection there.
[[nodiscard]] Result<void> look_for(const ForeignTarget& target);
// Waits until its list of users is the same for some seconds: its queues may be long behind its answers.
// False where it still changed at the end of `at_most_ms`, or was not answered.
[[nodiscard]] bool await_still_list(const ForeignBackend& backend, std::int64_t at_most_ms,
                                    const std::stop_token& stop);

struct RunOptions {
  Scenario scenario;
  std::uint64_t seed = 1;
  double duration_s = 60;
  Level level = Level::kMasked;
  std::optional<ForeignTarget> foreign{};  // else an instance of its own, with those tactics
  std::string label;
  std::string repeat;
  std::filesystem::path folder;  // of the run; made
  bool keep_data = false;        // also where nothing in it is wrong
};

// Whatever becomes of it, every fault is healed and the instance ended. An error: it could not be run, or was
// stopped. On the main thread.
[[nodiscard]] Result<Verdict> run_once(const RunOptions& options, const std::stop_token& stop,
                                       RunProgress& progress);

// The schedule as it can be struck: without faults that need a spare where there is none, and, where nothing
// becomes redundant again, none waits for it. Of a foreign target the commands for each; an error names what
// has none.
[[nodiscard]] Result<std::vector<FaultPlan>> schedule_for(const RunOptions& options);

}  // namespace sportapp::lab
