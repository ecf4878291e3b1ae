// Putting on disk what must outlive a power failure.
#pragma once
#include <filesystem>

#include "base/result.hpp"

namespace sportapp {

// What was written to this file, or which names this folder has: on disk when it returns. An error (kLater)
// says what failed; whether it is on disk is then unknown.
[[nodiscard]] Result<void> sync_to_disk(const std::filesystem::path& path);

// Also when it replaces another: the new name counts once its folder is on disk.
[[nodiscard]] Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace sportapp
