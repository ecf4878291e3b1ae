// Makes a data folder of a backup.
#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "ops/backup/manifest.hpp"
#include "ops/backup/taking.hpp"

namespace sportapp::backup {

// Makes the folder `data`, whole or not at all. Each file is held against its checksum as it is copied, so
// that what is in the folder is what was checked; one that differs is an error, as is a service that this
// program does not know.
[[nodiscard]] Result<Manifest> restore(const std::filesystem::path& backup, const std::filesystem::path& data,
                                       const Progress& progress);

}  // namespace sportapp::backup
