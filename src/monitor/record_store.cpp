#include "monitor/record_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/descriptor.hpp"
#include "base/hash.hpp"
#include "monitor/record_json.hpp"

namespace sportapp::monitor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kSuffix = ".record";

std::string checksum(const std::string& line) {
  return hex(Hasher().field(line).finish());
}

Error not_saved(const fs::path& file, const char* step) {
  return {Retry::kLater, fmt::format("the record {} is not saved: cannot {}: {}; look at its disk",
                                     file.string(), step, std::strerror(errno))};
}

Result<failover::Record> read_record(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line, sum;
  if (!std::getline(in, line) || !std::getline(in, sum) || sum != checksum(line)) {
    return Error{
        Retry::kNever,
        fmt::format("the record {0} is damaged or cannot be read: who is primary is not known. Put a copy of "
                    "it back; or remove it, and decide with: sportapp promote {1} NODE --force",
                    file.string(), file.stem().string())};
  }
  try {
    return record_from(json::parse(line).as_object());
  } catch (const std::exception& failed) {
    return Error{Retry::kNever,
                 fmt::format("the record {} is of another version: {}", file.string(), failed.what())};
  }
}

class RecordFiles final : public RecordStore {
 public:
  explicit RecordFiles(fs::path folder) : folder_(std::move(folder)) {}

  Result<std::map<std::string, failover::Record>> load() override {
    std::map<std::string, failover::Record> records;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      if (entry.path().extension() != kSuffix) continue;
      auto record = read_record(entry.path());
      if (!record) return record.error();
      records[entry.path().stem().string()] = std::move(*record);
    }
    if (error) {
      return Error{Retry::kLater,
                   fmt::format("cannot read the folder {}: {}", folder_.string(), error.message())};
    }
    return records;
  }

  Result<void> save(const std::string& service, const failover::Record& record) override {
    const auto line = json::serialize(to_json(record));
    const auto text = line + "\n" + checksum(line) + "\n";
    const auto file = folder_ / (service + kSuffix);
    const auto beside = file.string() + ".new";
    const Descriptor out(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (out.get() < 0) return not_saved(file, "open a file beside it");
    if (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      return not_saved(file, "write");
    }
    if (::fsync(out.get()) != 0) return not_saved(file, "sync");
    if (::rename(beside.c_str(), file.c_str()) != 0) return not_saved(file, "rename");
    const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) return not_saved(file, "sync its folder");
    return {};
  }

 private:
  const fs::path folder_;
};

}  // namespace

Result<std::unique_ptr<RecordStore>> open_record_files(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Error{Retry::kLater,
                 fmt::format("cannot make the folder {}: {}", folder.string(), error.message())};
  }
  return std::unique_ptr<RecordStore>(std::make_unique<RecordFiles>(folder));
}

}  // namespace sportapp::monitor
