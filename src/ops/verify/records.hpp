// Two ordered sets of records held against each other: the journal does so by itself, and verify with its
// tools.
#pragma once
#include <cstdint>

#include "store/journal/content_checks.hpp"
#include "store/journal/records.hpp"

namespace sportapp::verify {

using journal::compare;
using journal::Key;
using journal::kPageRecords;
using journal::Pages;
using journal::Progress;
using journal::Record;
using journal::walk;

// Entries between two reports of progress.
inline constexpr std::int64_t kProgressEvery = 1000;

}  // namespace sportapp::verify
