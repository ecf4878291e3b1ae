#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp::backup {

// `sportapp backup` and `sportapp restore`. Exit statuses: 0 done, 1 not done and nothing left behind, 2
// wrong command line, 3 an instance runs on the folder that was to be restored into.
void add_backup_command(command_line::Command& app, int& exit_status);
void add_restore_command(command_line::Command& app, int& exit_status);

}  // namespace sportapp::backup
