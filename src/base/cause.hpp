// Why a file could not be used, in words that say what to do. Every part that tells of a file's error uses
// these, so that the same cause reads the same in logs, `status`, `/health` and `events`.
#pragma once
#include <filesystem>
#include <string>

namespace sportapp {

// Of a call on `path` that failed with this errno: "the disk of /srv/data is full; free some space on it".
// Paths that are not permitted are told with the user who asked and the first folder that stands in the way.
[[nodiscard]] std::string cause_of(int error, const std::filesystem::path& path);

// "the disk of /srv/data is read-only, ..." or "user ana may not write ...", where that is so now; else
// empty. For errors that do not say themselves which of these it was.
[[nodiscard]] std::string why_not_writable(const std::filesystem::path& path);

// Of a file whose content is not what was written. What is to be done depends on what it is for.
[[nodiscard]] std::string damaged(const std::filesystem::path& path);

}  // namespace sportapp
