#pragma once
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

// Why nothing is written to a journal.
struct Fault {
  std::string why;       // what is wrong with which file, and what helps
  bool damaged = false;  // its files are not what they were: nothing in them counts, and only a copy helps
  bool passes = true;    // it may pass by itself, so that it is worth trying again
  // Damaged by nothing but a loss of entries at its end, whose last one now is this: it could be used without
  // them.
  std::optional<Position> shorter{};
};

// A write that failed: it is not known whether it happened.
struct WriteFailed {
  Error error;
  bool damaged = false;  // what was read of the files for it is not what was written
};

// What is said of damage, whichever it is.
[[nodiscard]] inline Fault damage(const std::string& what) {
  return {what + "; this node needs a whole copy: from the primary, by itself, or else from a backup", true,
          false};
}

// Of a file that is opened or read: what would fail again the same way is damage.
[[nodiscard]] inline Fault fault_of(const Error& error) {
  if (error.retry == Retry::kNever) return damage(error.what);
  return {error.what, false, true};
}

}  // namespace sportapp::journal
