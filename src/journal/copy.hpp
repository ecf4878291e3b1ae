#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/result.hpp"
#include "journal/entry.hpp"

namespace sportapp::journal {

struct SnapshotFile {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  Head head;  // its last entry
};

// A consistent copy of `journal`, of one moment and in one file, while its process goes on committing; its
// WAL cannot shrink meanwhile. `to` is overwritten, and is not synced: it is there to be sent. `go_on` is
// asked now and then; when it says no, the copy is given up (kLater). Any thread.
[[nodiscard]] Result<SnapshotFile> copy_journal(const std::filesystem::path& journal,
                                                const std::filesystem::path& to,
                                                const std::function<bool()>& go_on = {});

}  // namespace sportapp::journal
