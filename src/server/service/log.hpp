#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sportapp::service {

// Sets spdlog's default logger up: one line an event, `time level process message key=value ...`, into a file
// that rotates (5 of 10 MiB) or, without one, to standard error. Levels: trace, debug, info, warn, error,
// off.
[[nodiscard]] Result<void> start_log(const std::string& process, const std::filesystem::path& file,
                                     const std::string& level);

// Whether `level` is one of those.
[[nodiscard]] bool is_log_level(const std::string& level);
inline constexpr const char* kLogLevels = "trace, debug, info, warn, error, off";

// A value of `key=value`, in quotes where it would not read as one word; control characters are escaped.
[[nodiscard]] std::string log_value(std::string_view value);

}  // namespace sportapp::service
