#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/journal/entry.hpp"
#include "store/sqlite/held_file.hpp"

namespace sportapp::journal {

struct SnapshotFile {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  Position head;  // its last entry
};

using sqlite::CopyProgress;

// A journal that is held as it is at one moment, to be copied afterwards, while its process goes on
// committing; its WAL cannot shrink meanwhile. So several journals can be held close to one another in time,
// though copying them takes long. Reads only. One thread at a time.
class CopySource {
 public:
  // Connects, so that hold() takes no time.
  [[nodiscard]] static Result<std::unique_ptr<CopySource>> open(const std::filesystem::path& journal);

  // As it is now; what was held before is let go. Everything below is of that moment, and needs it.
  [[nodiscard]] Result<void> hold();
  [[nodiscard]] Position head() const { return head_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }  // of the last entry
  [[nodiscard]] Position base() const {
    return base_;
  }  // of the last one that retention deleted; zeros: none was
  // Of an entry that is there, or the base's; nothing where there is none.
  [[nodiscard]] Result<std::optional<Hash>> hash_at(Seq seq);
  [[nodiscard]] Result<std::uint64_t> bytes() { return file_.bytes(); }  // that a copy will have
  // The greatest position of each source that its entries have taken in.
  [[nodiscard]] Result<std::map<std::string, Seq>> consumed(const std::vector<std::string>& sources);
  // In one file. `to` is overwritten, and is not synced.
  [[nodiscard]] Result<SnapshotFile> copy(const std::filesystem::path& to, const CopyProgress& progress);

 private:
  explicit CopySource(sqlite::HeldFile file) : file_(std::move(file)) {}
  sqlite::HeldFile file_;
  Position head_;
  Epoch epoch_;
  Position base_;
};

// Of this moment: hold and copy in one. `go_on` is asked now and then; when it says no, the copy is given up
// (kLater). Any thread.
[[nodiscard]] Result<SnapshotFile> copy_journal(const std::filesystem::path& journal,
                                                const std::filesystem::path& to,
                                                const std::function<bool()>& go_on = {});

// Makes a copy that nobody has open one plain file, which is read without a file beside it being made, so
// from a folder that cannot be written to as well. A node that opens it has its WAL again. On disk after it.
[[nodiscard]] Result<void> make_plain(const std::filesystem::path& copy);

}  // namespace sportapp::journal
