#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp::lab {

// `sportapp experiment report` and `sportapp experiment compare`. Each sets exit_status when it runs.
void add_report_commands(command_line::Command& experiment, int& exit_status);

}  // namespace sportapp::lab
