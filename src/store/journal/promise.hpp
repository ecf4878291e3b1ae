#pragma once
#include <filesystem>
#include <memory>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"

namespace sportapp::journal {

// The highest epoch under which this node acts or acted, in a small file of its own of two slots: it must be
// durable before the node acts, even while the journal has a transaction open. One thread at a time.
class Promise {
 public:
  // Opens or makes `folder`/promise. One whose slots are both damaged is kept beside as promise.damaged, told
  // of in the log, and recreated: lost() then.
  [[nodiscard]] static Result<std::unique_ptr<Promise>> open(const std::filesystem::path& folder);
  // What the file says, by whoever else has it open; an error where there is none, too. Changes nothing.
  [[nodiscard]] static Result<Epoch> read_only(const std::filesystem::path& folder);

  [[nodiscard]] Epoch value() const { return value_; }
  // What was promised before is not known: the file was damaged, or gone though the journal's mark says that
  // this node took part in an epoch after the first. The value is then 0. It stays so, over restarts too,
  // until something is promised.
  [[nodiscard]] bool lost() const { return lost_; }
  // On disk once this returns without an error. An epoch that is promised already writes nothing.
  [[nodiscard]] Result<void> raise(Epoch epoch);

 private:
  Promise(std::filesystem::path file, Descriptor slots) : file_(std::move(file)), slots_(std::move(slots)) {}

  const std::filesystem::path file_;
  const Descriptor slots_;
  Epoch value_;
  bool lost_ = false;
  std::size_t next_slot_ = 0;  // the one that does not hold `value_`
};

}  // namespace sportapp::journal
