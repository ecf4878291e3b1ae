// `sportapp up`: the supervisor of one instance, from the lock to the last process gone.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sportapp::supervisor {

// Exit statuses of the commands that deal with an instance.
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRunsAlready = 3;
inline constexpr int kExitNotRunning = 4;
inline constexpr int kExitPartlyServed = 5;  // it runs and serves, but not everything

struct UpOptions {
  std::filesystem::path data = "data";
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<std::filesystem::path> settings_file;  // else DATA/sportapp.toml, where there is one
  int ready_s = 60;
  bool detach = false;
  bool lab = false;  // the programs of the laboratory, where they are built: they can be made to fail
};

// Runs until it is told to end (SIGINT, SIGTERM), or detaches once everything serves, or in `ready_s` all
// that can. Gives the exit status.
[[nodiscard]] int up(const UpOptions& options);

}  // namespace sportapp::supervisor
