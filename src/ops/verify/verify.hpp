// Whether an instance's files agree with themselves and with each other. Reads only; the instance may be
// running or stopped.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "ops/verify/records.hpp"

namespace sportapp::verify {

struct Finding {
  std::string service;
  std::string file;  // below the data folder: users-commands-a/journal.db
  std::string
      check;  // file | chain | state | base | views | saga | known; of a backup also bytes | end | fit
  std::string summary;
  double seconds = 0;
  std::optional<Difference> first;  // the first difference, if any
  std::optional<Error> unreadable;  // why the check could not be done, if so
};

struct Verdict {
  int checks = 0;
  int different = 0;
  int unreadable = 0;
};

struct Watcher {
  std::function<void(const Finding&)> found;  // after each check
  // Now and then; `under_way` names file and check.
  std::function<void(const std::string& under_way, std::int64_t done, std::int64_t of)> progress;
};

[[nodiscard]] Verdict verify(const std::filesystem::path& data, const Watcher& watcher);

}  // namespace sportapp::verify
