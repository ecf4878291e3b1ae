// `sportapp run NAME`: one process of an instance, under a supervisor of its own.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace sportapp::supervisor {

struct RunOptions {
  std::string name;  // users-commands-a
  std::filesystem::path data = "data";
  std::optional<std::filesystem::path> settings_file;  // else DATA/sportapp.toml, where there is one
};

// Keeps the process alive until SIGTERM or SIGINT; both log to standard error. Gives the exit status.
[[nodiscard]] int run_one(const RunOptions& options);

}  // namespace sportapp::supervisor
