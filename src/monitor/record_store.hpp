// Where the monitor keeps who is primary. One machine: files. Behind this interface another store can stand.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "failover/record.hpp"

namespace sportapp::monitor {

class RecordStore {
 public:
  virtual ~RecordStore() = default;
  // By service. An error where any is damaged: to go on as if there were none could make a node primary that
  // lacks what was acknowledged.
  [[nodiscard]] virtual Result<std::map<std::string, failover::Record>> load() = 0;
  // On disk, for good, before it returns. After an error it may be there or not.
  [[nodiscard]] virtual Result<void> save(const std::string& service, const failover::Record& record) = 0;
};

// A file SERVICE.record each: a line of JSON and its checksum.
[[nodiscard]] Result<std::unique_ptr<RecordStore>> open_record_files(const std::filesystem::path& folder);

}  // namespace sportapp::monitor
