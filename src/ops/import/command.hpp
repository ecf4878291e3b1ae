#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp {

// `sportapp import FILE`. Exit status: 0 all lines are in, 1 some were refused, 2 the file or the command
// line is wrong, 3 it ended early.
void add_import_command(command_line::Command& app, int& exit_status);

}  // namespace sportapp
