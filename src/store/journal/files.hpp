// The journal's files, as its rules use them.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "base/result.hpp"
#include "store/journal/entry.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

// On the disk: Opener. The simulator has others. The journal's thread only, one call at a time.
class Files {
 public:
  virtual ~Files() = default;

  // Checks them as far as they were not checked yet, and opens them. The mark then says what they are.
  [[nodiscard]] virtual std::variant<std::unique_ptr<Writer>, Fault> open() = 0;
  // Makes the transaction of `writer`, with its entries, durable, and then calls `done`, possibly before it
  // returns; with what failed, where it is not known whether it is.
  virtual void commit(Writer& writer, const SharedEntries& entries,
                      std::function<void(std::optional<WriteFailed>)> done) = 0;
  // As they are now, on disk. The mark is written, and not synced.
  [[nodiscard]] virtual Result<void> mark(const Position& head, const Settled& settled) = 0;
  // Entries are to be deleted: on disk once it returns.
  [[nodiscard]] virtual Result<void> mark_gaps() = 0;
  // The running journal was found damaged: it stays so over a restart, as well as it can be written.
  virtual void mark_damaged(const std::string& what) = 0;
  // Whether `copy` is a whole journal that can be used; it is on disk then. Gives its last entry.
  [[nodiscard]] virtual Result<Position> prepare_replacement(const std::filesystem::path& copy) = 0;
  // `copy`, whose last entry is `end`, takes the place of the journal, which nothing has open for writing. An
  // error kOutcomeUnknown: it is the one or the other, or known by its mark to be neither. kNever: the
  // journal to be kept is damaged. Any other: it is as it was.
  [[nodiscard]] virtual Result<void> replace(const std::filesystem::path& copy, const Position& end,
                                             const std::optional<Fault>& fault) = 0;
  // The journal lost entries at its end, and is to be used as it is: `end` is its last one now.
  [[nodiscard]] virtual Result<void> accept_loss(const Position& end) = 0;
  // What the mark says is settled; after open() only where the journal has it.
  [[nodiscard]] virtual Settled settled() const = 0;
};

}  // namespace sportapp::journal
