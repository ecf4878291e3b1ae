// Files and their checksums.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.hpp"
#include "ops/backup/manifest.hpp"

namespace sportapp::backup {

// Told after each step how many bytes of the file are done; when it says no, it is given up (kLater).
using FileProgress = std::function<bool(std::uint64_t done)>;

// What a backup could not do with a file or folder, by errno, and what helps.
[[nodiscard]] Error failed(const char* what, const std::filesystem::path& path);

struct Sum {
  std::uint64_t bytes = 0;
  Hash hash{};
  bool operator==(const Sum&) const = default;
};

[[nodiscard]] Result<Sum> sum_of(const std::filesystem::path& file, const FileProgress& progress);
// A new file `to`, whose folder is made; what is summed is what is written to it. Not synced.
[[nodiscard]] Result<Sum> copy_summed(const std::filesystem::path& from, const std::filesystem::path& to,
                                      const FileProgress& progress);
// A new file `to` with this text, whose folder is made. Not synced.
[[nodiscard]] Result<Sum> write_new_file(const std::filesystem::path& to, std::string_view text);

}  // namespace sportapp::backup
