// Opens the journal's file for writing when it has been checked, and keeps its mark.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <variant>

#include "domain/domain.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

// The journal's thread only.
class Opener {
 public:
  Opener(std::filesystem::path file, const domain::Domain& domain);

  // Checks the file as far as it was not checked yet, and opens it. Its mark then says what it is.
  [[nodiscard]] std::variant<std::unique_ptr<Writer>, Fault> open();
  // Ends the file in order, and seals it. What stays undone is in the log.
  void close(Writer& writer);

  // As the file has it now, on disk. The mark is written, and not synced.
  [[nodiscard]] Result<void> mark(const Position& head, const Settled& settled);
  // Entries are to be deleted: on disk once it returns.
  [[nodiscard]] Result<void> mark_gaps();
  // The running journal was found damaged: it stays so over a restart, as well as it can be written.
  void mark_damaged(const std::string& what);
  // `copy`, a whole journal whose last entry is `end`, takes the place of the file, which nothing has open
  // for writing. See replace_journal().
  [[nodiscard]] Result<void> replace(const std::filesystem::path& copy, const Position& end,
                                     const std::optional<Fault>& fault);
  // The file lost entries at its end, and is to be used as it is: `end` is its last one now.
  [[nodiscard]] Result<void> accept_loss(const Position& end);

  // What the mark says is settled; after open() only where the file has it.
  [[nodiscard]] Settled settled() const { return latest_ ? latest_->settled : Settled{}; }
  // All of the file was checked when it was opened. Any thread.
  [[nodiscard]] bool was_complete() const { return was_complete_.load(); }

 private:
  [[nodiscard]] Result<void> open_mark();

  const std::filesystem::path file_;
  const domain::Domain& domain_;
  std::unique_ptr<MarkFile> mark_;
  std::optional<Mark> latest_;  // as the mark has it, or should where it could not be written
  bool is_checked_ = false;     // by this process, in full depth
  std::atomic<bool> was_complete_{false};
};

}  // namespace sportapp::journal
