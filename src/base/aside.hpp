#pragma once
#include <filesystem>

#include "base/result.hpp"

namespace sportapp {

// Renames what is damaged, file or folder, to PATH.damaged, or PATH.damaged.2 and so on where that is taken,
// and gives the name: nothing that somebody may still read something from is removed.
[[nodiscard]] Result<std::filesystem::path> put_aside(const std::filesystem::path& path);

}  // namespace sportapp
