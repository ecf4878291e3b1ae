// A backup held against what it says of itself.
#pragma once
#include <filesystem>

#include "ops/verify/verify.hpp"

namespace sportapp::verify {

// The manifest, each file's checksum, the journals' positions and how they fit each other, and everything
// that verify() checks of a data folder. Reads only.
[[nodiscard]] Verdict verify_backup(const std::filesystem::path& folder, const Watcher& watcher);

}  // namespace sportapp::verify
