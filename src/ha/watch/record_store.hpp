// Where the monitor keeps who is primary. One machine: files. Behind this interface another store can stand.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::watch {

class RecordStore {
 public:
  virtual ~RecordStore() = default;
  // By service; an error where that one cannot be used. Its floor is the newest that was noted.
  [[nodiscard]] virtual Result<std::map<std::string, Result<failover::Record>>> load() = 0;
  // Puts one that cannot be used aside, and gives its new name. Then there is none.
  [[nodiscard]] virtual Result<std::filesystem::path> put_aside(const std::string& service) = 0;
  // On disk, for good, before it returns. After an error it may be there or not.
  [[nodiscard]] virtual Result<void> save(const std::string& service, const failover::Record& record) = 0;
  // A newer floor of the record of that epoch. It outlives this process, and most of the time the system: it
  // is synced now and then.
  [[nodiscard]] virtual Result<void> note_floor(const std::string& service, Epoch epoch,
                                                const Position& floor) = 0;
};

// A file SERVICE.record each, and SERVICE.floor: a line of JSON and its checksum.
[[nodiscard]] Result<std::unique_ptr<RecordStore>> open_record_files(const std::filesystem::path& folder);

}  // namespace sportapp::watch
