#pragma once
#include <array>
#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "base/strong.hpp"

namespace sportapp::journal {

// The highest epoch under which this node acts or acted, in a small file of its own: it must be durable
// before the node acts, even while the journal has a transaction open. Two slots, each with a checksum, are
// written in turn, so that a write which is cut off leaves the one before. One thread at a time.
class Promise {
 public:
  // Opens or makes `folder`/promise. One whose slots are both damaged is an error: what was promised cannot
  // be known.
  [[nodiscard]] static Result<std::unique_ptr<Promise>> open(const std::filesystem::path& folder);
  // What the file says, by whoever else has it open; an error where there is none, too. Changes nothing.
  [[nodiscard]] static Result<Epoch> read_only(const std::filesystem::path& folder);
  ~Promise();
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  [[nodiscard]] Epoch value() const { return value_; }
  // On disk once this returns without an error. An epoch that is promised already writes nothing.
  [[nodiscard]] Result<void> raise(Epoch epoch);

 private:
  Promise(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}
  [[nodiscard]] Result<void> read();

  const std::filesystem::path file_;
  const int descriptor_;
  Epoch value_;
  std::size_t next_slot_ = 0;  // the one that does not hold `value_`
};

}  // namespace sportapp::journal
