// Puts another whole journal in the place of one.
#pragma once
#include <filesystem>

#include "base/result.hpp"

namespace sportapp::journal {

// Whether `file` is a whole journal that can be opened and written to; it is on disk then, in this one file.
[[nodiscard]] Result<void> prepare_replacement(const std::filesystem::path& file);
// Nothing has `journal` open for writing. A crash leaves `journal` as it was, or `file` in its place. An
// error kOutcomeUnknown: one of the two; any other: it is as it was. What it was is kept as
// `journal`.replaced.
[[nodiscard]] Result<void> replace_journal(const std::filesystem::path& file,
                                           const std::filesystem::path& journal);

}  // namespace sportapp::journal
