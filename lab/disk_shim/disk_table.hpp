// Which folders' disks are in trouble: a file that lab and shim map into memory. Zeros: none is.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sportapp::lab {

inline constexpr std::size_t kDiskSlots = 16;
inline constexpr std::size_t kDiskFolderBytes = 500;                     // with the zero at its end
inline constexpr const char* kDiskTableVariable = "SPORTAPP_LAB_DISKS";  // environment: path of the file

struct DiskSlot {
  std::atomic<std::uint32_t> sync_delay_ms;
  std::atomic<std::uint32_t> is_full;
  char folder[kDiskFolderBytes];  // absolute; changed only while the two above are 0
};

struct DiskTable {
  std::atomic<std::uint32_t>
      in_trouble;  // slots that are not all zero; the shim looks no further where it is 0
  DiskSlot slots[kDiskSlots];
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace sportapp::lab
