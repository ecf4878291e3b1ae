// The subcommands of `sportapp` that deal with an instance as a whole. Each sets exit_status when it runs.
#pragma once
#include "base/command_line/command_line.hpp"

namespace sportapp::cli {

// `lab`: as UpOptions says; of `sportapp experiment up` only.
void add_up_command(command_line::Command& app, int& exit_status, bool lab = false);
void add_run_command(command_line::Command& app, int& exit_status);
void add_health_command(command_line::Command& app, int& exit_status);
void add_key_command(command_line::Command& app, int& exit_status);
void add_down_command(command_line::Command& app, int& exit_status);
void add_status_command(command_line::Command& app, int& exit_status);
void add_stop_command(command_line::Command& app, int& exit_status);
void add_start_command(command_line::Command& app, int& exit_status);
void add_restart_command(command_line::Command& app, int& exit_status);
void add_switchover_command(command_line::Command& app, int& exit_status);
void add_promote_command(command_line::Command& app, int& exit_status);
void add_logs_command(command_line::Command& app, int& exit_status);
void add_rebuild_command(command_line::Command& app, int& exit_status);
void add_config_command(command_line::Command& app, int& exit_status);
void add_events_command(command_line::Command& app, int& exit_status);
void add_ask_command(command_line::Command& app, int& exit_status);
void add_metrics_token_command(command_line::Command& app, int& exit_status);
void add_failover_command(command_line::Command& app);
void add_experiment_command(command_line::Command& app);
// `sportapp experiment ...`: does not return where the lab is there.
[[nodiscard]] int hand_over_to_lab(char** argv);

inline constexpr const char* kDataHelp = "Data folder of the instance";
inline constexpr const char* kDataDefault = "data";

}  // namespace sportapp::cli
