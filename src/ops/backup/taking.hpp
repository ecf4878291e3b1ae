// Takes a backup of an instance, running or stopped.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "ops/backup/manifest.hpp"

namespace sportapp::backup {

// Told after each step what is under way and how many bytes of it are done; when it says no, it is given up,
// and nothing is left behind.
using Progress = std::function<bool(std::string_view under_way, std::uint64_t done, std::uint64_t of)>;

// Makes the folder `target`, whole or not at all: a data folder with one node a service, from which an
// instance starts, and the manifest. Everything acknowledged before is in it, of all services, and none has
// taken in what is not in another's.
[[nodiscard]] Result<Manifest> take(const std::filesystem::path& data, const std::filesystem::path& target,
                                    const Clock& clock, const Progress& progress);

}  // namespace sportapp::backup
