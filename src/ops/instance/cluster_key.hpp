#pragma once
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sportapp::instance {

// The secret by which the processes know each other: 32 random bytes in hexadecimal digits, for the
// owner's eyes only (mode 0600). One that is there is kept; one that is damaged, or that others may read, is
// an error.
[[nodiscard]] Result<void> ensure_cluster_key(const std::filesystem::path& file);

// Puts a damaged one aside, so that ensure_cluster_key() makes another, and says so; empty where there is
// nothing to do. Only while none of the processes that know each other by it runs, on this machine or
// another.
[[nodiscard]] Result<std::string> replace_damaged_key(const std::filesystem::path& file);

}  // namespace sportapp::instance
