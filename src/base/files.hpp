#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sportapp {

// Whole or not at all: written beside, then renamed over.
[[nodiscard]] Result<void> write_file(const std::filesystem::path& file, std::string_view text);
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& file);
// The last lines of a file, read from its end; empty when there is no such file.
[[nodiscard]] std::vector<std::string> last_lines(const std::filesystem::path& file, std::size_t count);
// FILE -> FILE.1 -> FILE.2 ... keeping `keep` old ones.
void rotate(const std::filesystem::path& file, int keep);

}  // namespace sportapp
