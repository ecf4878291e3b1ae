// Puts another whole journal in the place of one.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/mark.hpp"

namespace sportapp::journal {

// Whether `file` is a whole journal that can be opened and written to; it is on disk then, in this one file.
// Gives its last entry.
[[nodiscard]] Result<Position> prepare_replacement(const std::filesystem::path& file);

struct Replacement {
  std::filesystem::path copy{};
  Position end{};  // of the copy
  std::filesystem::path journal{};
  // What is wrong with the journal that is replaced, if anything. Where it is damaged, SQLite does not see
  // it: its files are renamed to .damaged; any other is kept whole, as `journal`.replaced.
  std::optional<Fault> fault{};
  // For tests: called with the name of each step when it is done.
  std::function<void(std::string_view)> after{};
};
// Nothing has the journal open for writing. A crash leaves it as it was, or the copy in its place, or a
// journal that is known by its mark to be neither, until the next copy. An error kOutcomeUnknown: one of
// these; any other: it is as it was. The mark still speaks of the replacement when it is done, until the copy
// is opened.
[[nodiscard]] Result<void> replace_journal(const Replacement& given, MarkFile& mark);

}  // namespace sportapp::journal
