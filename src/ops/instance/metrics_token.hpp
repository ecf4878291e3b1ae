// The token with which metrics are collected, for who may read them and nothing else.
#pragma once
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sportapp::instance {

// That of the instance whose key is in `key_file`.
[[nodiscard]] Result<std::string> read_metrics_token(const std::filesystem::path& key_file);
// Puts it in `file`, for its owner alone (mode 0600), whole or not at all. It is the same at each start: it
// follows from the key.
[[nodiscard]] Result<void> write_metrics_token(const std::filesystem::path& key_file,
                                               const std::filesystem::path& file);

}  // namespace sportapp::instance
