// The journal's files on the disk: the database, opened for writing when it has been checked, and its mark.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <variant>

#include "domain/domain.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/files.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

// The journal's thread only.
class Opener final : public Files {
 public:
  Opener(std::filesystem::path file, const domain::Domain& domain);

  [[nodiscard]] std::variant<std::unique_ptr<Writer>, Fault> open() override;
  void commit(Writer& writer, const SharedEntries& entries,
              std::function<void(std::optional<WriteFailed>)> done) override;
  // Ends the file in order, and seals it. What stays undone is in the log.
  void close(Writer& writer);

  [[nodiscard]] Result<void> mark(const Position& head, const Settled& settled) override;
  [[nodiscard]] Result<void> mark_gaps() override;
  void mark_damaged(const std::string& what) override;
  [[nodiscard]] Result<Position> prepare_replacement(const std::filesystem::path& copy) override;
  // See replace_journal().
  [[nodiscard]] Result<void> replace(const std::filesystem::path& copy, const Position& end,
                                     const std::optional<Fault>& fault) override;
  [[nodiscard]] Result<void> accept_loss(const Position& end) override;
  [[nodiscard]] Settled settled() const override { return latest_ ? latest_->settled : Settled{}; }

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
