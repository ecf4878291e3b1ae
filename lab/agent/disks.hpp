// Slow and full disks, made by a library that the instance's programs are started with (lab/disk_shim).
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sportapp::lab {

// A table without trouble, for programs that are started later.
[[nodiscard]] Result<void> make_disk_table(const std::filesystem::path& table);

// What the environment of those programs must have besides: the library, and where the table is.
using Environment = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Result<Environment> disk_environment(const std::filesystem::path& table);

// What happens from now on below the folder, in every program that has the library: a sync takes so much
// longer; a write fails, for want of room. One writer at a time.
struct DiskFault {
  std::uint32_t sync_delay_ms = 0;
  bool is_full = false;
};
// Adds the trouble to what the folder has, or takes it away.
[[nodiscard]] Result<void> trouble_disk(const std::filesystem::path& table,
                                        const std::filesystem::path& folder, const DiskFault& trouble);
[[nodiscard]] Result<void> heal_disk(const std::filesystem::path& table, const std::filesystem::path& folder,
                                     const DiskFault& trouble);

}  // namespace sportapp::lab
