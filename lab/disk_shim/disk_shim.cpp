// LD_PRELOAD: a slow or full disk for the files below some folders. It stands between a program and the C
// library, and so needs neither root nor a file system of its own. The table of folders ($SPORTAPP_LAB_DISKS)
// is changed while programs run.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lab/disk_shim/disk_table.hpp"

namespace {

using sportapp::lab::DiskSlot;
using sportapp::lab::DiskTable;

constexpr std::uint32_t kSliceMs = 5;  // how late a sync notices that the disk is quick again

const DiskTable* table = nullptr;

__attribute__((constructor)) void start() {
  const char* file = ::getenv(sportapp::lab::kDiskTableVariable);
  const int fd = file == nullptr ? -1 : ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct stat seen {};
  if (::fstat(fd, &seen) == 0 && seen.st_size == static_cast<off_t>(sizeof(DiskTable))) {
    void* mapped = ::mmap(nullptr, sizeof(DiskTable), PROT_READ, MAP_SHARED, fd, 0);
    if (mapped != MAP_FAILED) table = static_cast<const DiskTable*>(mapped);
  }
  ::close(fd);
}

void append_digits(char* text, unsigned number) {
  char digits[12];
  int count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  text += ::strlen(text);
  while (count > 0) *text++ = digits[--count];
  *text = '\0';
}

// The slot of the folder in which the open file lies; null where its disk has no trouble.
const DiskSlot* slot_of(int fd) {
  if (table == nullptr || fd < 0 || table->in_trouble.load(std::memory_order_acquire) == 0) return nullptr;
  char link[40] = "/proc/self/fd/";
  append_digits(link, static_cast<unsigned>(fd));
  char path[4096];
  const int saved = errno;
  const auto size = ::readlink(link, path, sizeof path - 1);
  errno = saved;
  if (size <= 0) return nullptr;
  path[size] = '\0';
  for (const auto& slot : table->slots) {
    const bool troubled = slot.is_full.load(std::memory_order_acquire) != 0 ||
                          slot.sync_delay_ms.load(std::memory_order_acquire) != 0;
    if (!troubled) continue;
    const auto length = ::strlen(slot.folder);
    if (::strncmp(path, slot.folder, length) == 0 && path[length] == '/') return &slot;
  }
  return nullptr;
}

bool is_full(int fd) {
  const auto* slot = slot_of(fd);
  return slot != nullptr && slot->is_full.load(std::memory_order_relaxed) != 0;
}

long no_room() {
  errno = ENOSPC;
  return -1;
}

bool grows(int fd, off_t size) {
  struct stat seen {};
  return ::fstat(fd, &seen) != 0 || size > seen.st_size;
}

// In slices, so that what waits goes on when the disk is healed.
void wait_as_slow(int fd) {
  const auto* slot = slot_of(fd);
  if (slot == nullptr) return;
  const int saved = errno;
  for (std::uint32_t waited = 0; waited < slot->sync_delay_ms.load(std::memory_order_acquire);
       waited += kSliceMs) {
    const timespec slice{0, kSliceMs * 1'000'000};
    ::nanosleep(&slice, nullptr);
  }
  errno = saved;
}

}  // namespace

extern "C" {

int fsync(int fd) {
  wait_as_slow(fd);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  wait_as_slow(fd);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

ssize_t write(int fd, const void* bytes, size_t count) {
  return is_full(fd) ? no_room() : ::syscall(SYS_write, fd, bytes, count);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  return is_full(fd) ? no_room() : ::syscall(SYS_writev, fd, parts, count);
}

ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t at) {
  return is_full(fd) ? no_room() : ::syscall(SYS_pwrite64, fd, bytes, count, at);
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t at) {
  return pwrite64(fd, bytes, count, at);
}

int ftruncate64(int fd, off64_t size) noexcept {
  if (is_full(fd) && grows(fd, size)) return static_cast<int>(no_room());
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int ftruncate(int fd, off_t size) noexcept {
  return ftruncate64(fd, size);
}

int fallocate64(int fd, int mode, off64_t at, off64_t count) {
  if (is_full(fd)) return static_cast<int>(no_room());
  return static_cast<int>(::syscall(SYS_fallocate, fd, mode, at, count));
}

int fallocate(int fd, int mode, off_t at, off_t count) {
  return fallocate64(fd, mode, at, count);
}

// This one gives the error instead of setting errno.
int posix_fallocate64(int fd, off64_t at, off64_t count) {
  if (is_full(fd)) return ENOSPC;
  return ::syscall(SYS_fallocate, fd, 0, at, count) == 0 ? 0 : errno;
}

int posix_fallocate(int fd, off_t at, off_t count) {
  return posix_fallocate64(fd, at, count);
}

}  // extern "C"
