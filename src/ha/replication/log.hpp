// What replication reads of a journal at once, without waiting for its thread.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "ha/replication/message.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::replication {

class Log {
 public:
  virtual ~Log() = default;
  // Of the entry `seq` on disk, or of the last that was deleted: what follows it can be read. Nothing when it
  // is not there (any more). Of 0, while none was deleted: zeros.
  [[nodiscard]] virtual Result<std::optional<Hash>> hash_at(Seq seq) = 0;
  // In order, without a gap, entries on disk only; at least one where there is one, else about `bytes_max`.
  [[nodiscard]] virtual Result<std::vector<journal::Entry>> read(Seq after, std::size_t bytes_max) = 0;
  // The last entry that counts for good, as this node knows; it need not be in the journal any more.
  [[nodiscard]] virtual Settled settled() = 0;
};

}  // namespace sportapp::replication
