#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

struct Durable;

// The journal's durable entries, for whoever ships them; over a connection of its own, beside the journal's
// thread, and none beyond what the journal knows to be on disk. One thread at a time.
class EntryReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<EntryReader>> open(std::filesystem::path file,
                                                                 std::shared_ptr<const Durable> durable);
  ~EntryReader();

  // Without a gap, up to either limit (see size_of()), but at least one; none where none is durable. An error
  // kNever where retention deleted what follows `after`.
  [[nodiscard]] Result<std::vector<Entry>> read(Seq after, std::size_t limit_entries,
                                                std::size_t limit_bytes);
  // Nothing where there is no such durable entry, which the last deleted one still counts as; zeros before
  // the first.
  [[nodiscard]] Result<std::optional<Hash>> hash_at(Seq seq);
  [[nodiscard]] Result<Position> head();

 private:
  struct Impl;
  explicit EntryReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::journal
