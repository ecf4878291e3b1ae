// A disk that fails on demand, under SQLite: stands between SQLite and the real files as its default VFS.
#pragma once
#include <cstdint>

namespace sportapp::testing {

// One at a time in a process, and no database open when it comes or goes. Any thread may call.
class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  void set_full(bool full);            // writes past the end of a file give SQLITE_FULL
  void set_read_only(bool read_only);  // every write gives SQLITE_READONLY
  void fail_next_sync();               // one sync fails, and what it should have kept may be lost
  // The n-th change (write, truncate, sync) from now on and all later ones fail, until heal().
  void fail_from_change(std::int64_t nth);
  void heal();
  [[nodiscard]] std::int64_t changes() const;  // so far
  [[nodiscard]] std::int64_t syncs() const;

  // Nothing reaches the disk any more; what was open must then be closed.
  void power_off();
  // The power is back: everything that was written and not synced is undone.
  void power_on();
};

}  // namespace sportapp::testing
