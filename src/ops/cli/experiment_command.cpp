#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"

namespace sportapp::cli {

// The lab is a program of its own, so that nothing of it is in this one.
int hand_over_to_lab(char** argv) {
  const auto lab = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sportapp-lab";
  ::execv(lab.c_str(), argv + 1);
  const auto* hint =
      errno == ENOENT ? "; install the package sportapp-lab (in a checkout, ./sportapp experiment builds it)"
                      : "";
  fmt::print(stderr, "sportapp: cannot start {}: {}{}\n", lab.string(), std::strerror(errno), hint);
  return kExitFailed;
}

void add_experiment_command(command_line::Command& app) {
  auto* command = app.add_command("experiment", "Put the availability tactics to the test, and report on it");
  command->footer("Examples:\n  sportapp experiment --help\n  sportapp experiment run crash --tactics all");
}

}  // namespace sportapp::cli
