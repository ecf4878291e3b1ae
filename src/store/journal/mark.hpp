// Where a journal ended, kept apart from SQLite's files: by it a journal that lost its end is known.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

struct Mark {
  Position head{};    // the last entry that the journal had on disk
  Settled settled{};  // the last that counts for good, as far as this journal was told
  // The last entry of a copy that is being put in the journal's place, if one is. Then the journal is either
  // what `head` says, or exactly this.
  std::optional<Position> replacing{};
  // After a loss of power the WAL may have a gap in its middle that is no damage: entries were deleted by
  // transactions that were not waited for until they were on disk.
  bool may_have_gaps = false;
  std::string
      damage{};  // what was found in the running journal, if anything: its files are not to be trusted
  bool operator==(const Mark&) const = default;
};

// The file journal.mark beside journal.db. It is written after each commit without being synced, so it is
// exact after the end of the process, may be behind after the end of the system, and never says more than the
// journal's files have. A thread of its own syncs it every second while it changes.
class MarkFile {
 public:
  [[nodiscard]] static std::filesystem::path of(const std::filesystem::path& journal) {
    return std::filesystem::path(journal).replace_extension(".mark");
  }
  // Nothing where there is none, as in the folder of an older program, and where both slots are damaged, of
  // which the log then tells. Changes nothing.
  [[nodiscard]] static Result<std::optional<Mark>> read_only(const std::filesystem::path& journal);
  // Opens it, or recreates it where there is none that can be read.
  [[nodiscard]] static Result<std::unique_ptr<MarkFile>> open(const std::filesystem::path& journal);
  ~MarkFile();
  MarkFile(const MarkFile&) = delete;
  MarkFile& operator=(const MarkFile&) = delete;

  // One thread at a time.
  [[nodiscard]] const Mark& mark() const { return mark_; }
  [[nodiscard]] Result<void> write(const Mark& mark);
  // On disk once it returns without an error. Any thread.
  [[nodiscard]] Result<void> sync();

 private:
  MarkFile(std::filesystem::path file, Descriptor slots) : file_(std::move(file)), slots_(std::move(slots)) {}
  void keep_synced(const std::stop_token& stop);

  const std::filesystem::path file_;
  const Descriptor slots_;
  Mark mark_;
  std::uint64_t counter_ = 0;
  std::size_t next_slot_ = 0;  // the one that does not hold `mark_`

  std::mutex sync_mutex_;  // held while it is synced, which can take long
  std::mutex mutex_;       // guards what follows
  std::condition_variable_any wake_;
  bool is_synced_ = true;
  std::jthread syncer_;
};

}  // namespace sportapp::journal
