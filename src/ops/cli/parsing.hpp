// What the command lines of `sportapp` and `sportapp experiment` have in common.
#pragma once
#include <CLI/App.hpp>
#include <string>

namespace sportapp::cli {

// Runs the commands that `app`, whose name is what a user types before them, was given; `exit_status` is what
// they set. Gives the status to exit with; standard error has said what was wrong.
[[nodiscard]] int parse_and_run(CLI::App& app, int argc, char** argv, const int& exit_status);

[[nodiscard]] std::string names_of_commands(const CLI::App& app);  // "up, down"

}  // namespace sportapp::cli
