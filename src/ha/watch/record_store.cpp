#include "ha/watch/record_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <utility>

#include "base/aside.hpp"
#include "base/cause.hpp"
#include "base/descriptor.hpp"
#include "base/hash.hpp"
#include "ha/watch/record_json.hpp"

namespace sportapp::watch {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kSuffix = ".record";
constexpr const char* kFloorSuffix = ".floor";
constexpr std::chrono::seconds kFloorSyncedEvery{1};

std::string checksum(const std::string& line) {
  return hex(Hasher().field(line).finish());
}

Error not_saved(const fs::path& file, const char* step) {
  return {Retry::kLater, fmt::format("the record {} is not saved: cannot {}: {}", file.string(), step,
                                     cause_of(errno, file))};
}

// The line whose checksum follows it; nothing where that is not so.
std::optional<std::string> read_line(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line, sum;
  const bool whole = std::getline(in, line) && std::getline(in, sum) && sum == checksum(line);
  return whole ? std::optional(line) : std::nullopt;
}

std::string with_checksum(const std::string& line) {
  return line + "\n" + checksum(line) + "\n";
}

// A floor that cannot be read is none: the record has one of its own.
void take_floor(const fs::path& file, failover::Record& record) {
  const auto line = read_line(file);
  if (!line) return;
  json::error_code failed;
  const auto said = json::parse(*line, failed);
  const auto noted = failed || !said.is_object() ? std::nullopt : noted_floor_from(said.get_object());
  if (noted && noted->first == record.epoch && noted->second.seq > record.floor.seq)
    record.floor = noted->second;
}

Result<failover::Record> read_record(const fs::path& file) {
  const auto line = read_line(file);
  if (!line) {
    return Error{
        Retry::kNever,
        fmt::format("the record {0} is damaged or cannot be read: who is primary is not known. Put a copy of "
                    "it back; or remove it, and decide with: sportapp promote {1} NODE --force",
                    file.string(), file.stem().string())};
  }
  try {
    auto record = record_from(json::parse(*line).as_object());
    take_floor(fs::path(file).replace_extension(kFloorSuffix), record);
    return record;
  } catch (const std::exception& failed) {
    return Error{Retry::kNever,
                 fmt::format("the record {} is of another version: {}", file.string(), failed.what())};
  }
}

class RecordFiles final : public RecordStore {
 public:
  explicit RecordFiles(fs::path folder) : folder_(std::move(folder)) {}

  Result<std::map<std::string, Result<failover::Record>>> load() override {
    std::map<std::string, Result<failover::Record>> records;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      if (entry.path().extension() != kSuffix) continue;
      records.emplace(entry.path().stem().string(), read_record(entry.path()));
    }
    if (error) {
      return Error{Retry::kLater, fmt::format("cannot read the folder {}: {}", folder_.string(),
                                              cause_of(error.value(), folder_))};
    }
    return records;
  }

  Result<void> save(const std::string& service, const failover::Record& record) override {
    const auto line = json::serialize(to_json(record));
    const auto text = with_checksum(line);
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

  Result<fs::path> put_aside(const std::string& service) override {
    return sportapp::put_aside(folder_ / (service + kSuffix));
  }

  Result<void> note_floor(const std::string& service, Epoch epoch, const Position& floor) override {
    const auto file = folder_ / (service + kFloorSuffix);
    auto& noted = floors_[service];
    if (noted.file.get() < 0)
      noted.file = Descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const auto text = with_checksum(json::serialize(noted_floor_json(epoch, floor)));
    if (::pwrite(noted.file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      return not_saved(file, "write");
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - noted.synced < kFloorSyncedEvery) return {};
    noted.synced = now;
    return ::fdatasync(noted.file.get()) == 0 ? Result<void>() : not_saved(file, "sync");
  }

 private:
  struct Floor {
    Descriptor file{};
    std::chrono::steady_clock::time_point synced{};
  };
  const fs::path folder_;
  std::map<std::string, Floor> floors_;  // by service
};

}  // namespace

Result<std::unique_ptr<RecordStore>> open_record_files(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Error{Retry::kLater, fmt::format("cannot make the folder {}: {}", folder.string(),
                                            cause_of(error.value(), folder))};
  }
  return std::unique_ptr<RecordStore>(std::make_unique<RecordFiles>(folder));
}

}  // namespace sportapp::watch
