#include "tests/support/faulty_disk.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace sportapp::testing {
namespace {

// What a file held before a change that is not synced yet.
struct Undo {
  sqlite3_int64 offset;
  std::string bytes;
  sqlite3_int64 size;
};

struct Disk {
  std::mutex mutex;
  std::map<std::string, std::vector<Undo>> unsynced;
  bool full = false, read_only = false, off = false, fail_sync = false;
  std::int64_t changes = 0, syncs = 0, fail_from = std::numeric_limits<std::int64_t>::max();

  // Why this change cannot be made, or SQLITE_OK.
  int change(int generic_error) {
    if (off) return SQLITE_IOERR;
    if (++changes >= fail_from) return generic_error;
    return read_only ? SQLITE_READONLY : SQLITE_OK;
  }
};

Disk disk;
sqlite3_vfs* real_vfs = nullptr;

struct File {
  sqlite3_file base;
  const char* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* as_file(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return as_file(file)->real();
}

void remember(sqlite3_file* file, sqlite3_int64 offset, sqlite3_int64 length) {
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  std::string old;
  if (offset < size) {
    old.resize(static_cast<std::size_t>(std::min(length, size - offset)));
    real(file)->pMethods->xRead(real(file), old.data(), static_cast<int>(old.size()), offset);
  }
  disk.unsynced[as_file(file)->path].push_back({offset, std::move(old), size});
}

int do_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  const std::lock_guard lock(disk.mutex);
  if (const int failed = disk.change(SQLITE_IOERR_WRITE); failed != SQLITE_OK) return failed;
  sqlite3_int64 size = 0;
  real(file)->pMethods->xFileSize(real(file), &size);
  if (disk.full && offset + count > size) return SQLITE_FULL;
  remember(file, offset, count);
  return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}

int do_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(disk.mutex);
  if (const int failed = disk.change(SQLITE_IOERR_TRUNCATE); failed != SQLITE_OK) return failed;
  remember(file, size, std::numeric_limits<sqlite3_int64>::max());
  return real(file)->pMethods->xTruncate(real(file), size);
}

int do_sync(sqlite3_file* file, int flags) {
  const std::lock_guard lock(disk.mutex);
  if (const int failed = disk.change(SQLITE_IOERR_FSYNC); failed != SQLITE_OK) return failed;
  if (disk.fail_sync) {
    disk.fail_sync = false;
    return SQLITE_IOERR_FSYNC;
  }
  ++disk.syncs;
  disk.unsynced[as_file(file)->path].clear();
  return real(file)->pMethods->xSync(real(file), flags);
}

int do_close(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}
int do_read(sqlite3_file* file, void* bytes, int count, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), bytes, count, offset);
}
int do_file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int do_lock(sqlite3_file* file, int kind) {
  return real(file)->pMethods->xLock(real(file), kind);
}
int do_unlock(sqlite3_file* file, int kind) {
  return real(file)->pMethods->xUnlock(real(file), kind);
}
int do_check_lock(sqlite3_file* file, int* held) {
  return real(file)->pMethods->xCheckReservedLock(real(file), held);
}
int do_control(sqlite3_file* file, int verb, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), verb, argument);
}
int do_sector_size(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
// No power-safe overwrite and no batch-atomic promises: SQLite then relies on its syncs alone.
int do_characteristics(sqlite3_file*) {
  return 0;
}
int do_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** address) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, address);
}
int do_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void do_shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int do_shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods kMethods = {2,
                                     do_close,
                                     do_read,
                                     do_write,
                                     do_truncate,
                                     do_sync,
                                     do_file_size,
                                     do_lock,
                                     do_unlock,
                                     do_check_lock,
                                     do_control,
                                     do_sector_size,
                                     do_characteristics,
                                     do_shm_map,
                                     do_shm_lock,
                                     do_shm_barrier,
                                     do_shm_unmap,
                                     nullptr,
                                     nullptr};

int do_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* faulty = as_file(file);
  faulty->base.pMethods = nullptr;
  faulty->path = path == nullptr ? "" : path;
  const int opened = real_vfs->xOpen(real_vfs, path, faulty->real(), flags, out_flags);
  if (opened == SQLITE_OK) faulty->base.pMethods = &kMethods;
  return opened;
}

int do_delete(sqlite3_vfs*, const char* path, int sync_folder) {
  const std::lock_guard lock(disk.mutex);
  if (const int failed = disk.change(SQLITE_IOERR_DELETE); failed != SQLITE_OK) return failed;
  disk.unsynced.erase(path);
  return real_vfs->xDelete(real_vfs, path, sync_folder);
}

sqlite3_vfs faulty_vfs;

}  // namespace

FaultyDisk::FaultyDisk() {
  if (real_vfs != nullptr) throw std::logic_error("one faulty disk at a time");
  real_vfs = sqlite3_vfs_find(nullptr);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.pNext = nullptr;
  faulty_vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  faulty_vfs.xOpen = do_open;
  faulty_vfs.xDelete = do_delete;
  sqlite3_vfs_register(&faulty_vfs, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&faulty_vfs);
  sqlite3_vfs_register(real_vfs, 1);
  real_vfs = nullptr;
  heal();
  const std::lock_guard lock(disk.mutex);
  disk.unsynced.clear();
  disk.off = false;
  disk.changes = disk.syncs = 0;
}

void FaultyDisk::set_full(bool full) {
  const std::lock_guard lock(disk.mutex);
  disk.full = full;
}
void FaultyDisk::set_read_only(bool read_only) {
  const std::lock_guard lock(disk.mutex);
  disk.read_only = read_only;
}
void FaultyDisk::fail_next_sync() {
  const std::lock_guard lock(disk.mutex);
  disk.fail_sync = true;
}
void FaultyDisk::fail_from_change(std::int64_t nth) {
  const std::lock_guard lock(disk.mutex);
  disk.fail_from = disk.changes + nth;
}
void FaultyDisk::heal() {
  const std::lock_guard lock(disk.mutex);
  disk.full = disk.read_only = disk.fail_sync = false;
  disk.fail_from = std::numeric_limits<std::int64_t>::max();
}
std::int64_t FaultyDisk::changes() const {
  const std::lock_guard lock(disk.mutex);
  return disk.changes;
}
std::int64_t FaultyDisk::syncs() const {
  const std::lock_guard lock(disk.mutex);
  return disk.syncs;
}

void FaultyDisk::power_off() {
  const std::lock_guard lock(disk.mutex);
  disk.off = true;
}

void FaultyDisk::power_on() {
  const std::lock_guard lock(disk.mutex);
  for (auto& [path, undos] : disk.unsynced) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) continue;
    for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) {
      const auto written = ::pwrite(file, undo->bytes.data(), undo->bytes.size(), undo->offset);
      if (written != static_cast<ssize_t>(undo->bytes.size()) || ::ftruncate(file, undo->size) != 0) {
        ::close(file);
        throw std::runtime_error("cannot undo what was not synced: " + path);
      }
    }
    ::close(file);
  }
  disk.unsynced.clear();
  disk.off = false;
}

}  // namespace sportapp::testing
