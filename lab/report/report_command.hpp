#pragma once
#include <CLI/App.hpp>

namespace sportapp::lab {

// `sportapp experiment report` and `sportapp experiment compare`. Each sets exit_status when it runs.
void add_report_commands(CLI::App& experiment, int& exit_status);

}  // namespace sportapp::lab
