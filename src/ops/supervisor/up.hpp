// `sportapp up`: the supervisor of one instance, from the lock to the last process gone.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sportapp::supervisor {

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
