// A copy that comes in piece by piece, as a file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace sportapp::node {

// One thread at a time; each call waits for the disk.
class IncomingCopy {
 public:
  // Of what is not on disk yet there is never more than this, so no sync takes long, however large the copy.
  static constexpr std::uint64_t kSliceBytes = std::uint64_t{2} * 1024 * 1024;

  explicit IncomingCopy(std::filesystem::path file);
  ~IncomingCopy();  // what is still in the file then is of no use any more

  // Offset 0 begins a new one. After an error only a new one can be begun.
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::string_view bytes);
  // What came in, whole and on disk.
  [[nodiscard]] Result<std::filesystem::path> finish();

 private:
  [[nodiscard]] Result<void> sync();
  [[nodiscard]] Error failed(const char* doing) const;

  const std::filesystem::path file_;
  Descriptor opened_;
  std::uint64_t unsynced_ = 0;  // bytes
};

}  // namespace sportapp::node
