#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp::lab {

inline constexpr int kExitPass = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitWrongUse = 2;
inline constexpr int kExitNotRun = 3;

// `sportapp experiment run`, `list`, `check`, `judge`, `heal` and `jtl`. Each sets exit_status when it runs.
void add_run_command(command_line::Command& experiment, int& exit_status);
void add_scenario_commands(command_line::Command& experiment, int& exit_status);
void add_aftermath_commands(command_line::Command& experiment, int& exit_status);
void add_jtl_command(command_line::Command& experiment, int& exit_status);

}  // namespace sportapp::lab
