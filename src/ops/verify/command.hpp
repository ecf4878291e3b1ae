#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp::verify {

// `sportapp verify`: sets `exit_status` to 0 (all equal), 1 (something differs) or 2 (something cannot be
// read).
void add_verify_command(command_line::Command& app, int& exit_status);

}  // namespace sportapp::verify
