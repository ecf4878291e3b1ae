#include "ops/backup/unfinished_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/durable.hpp"
#include "ops/backup/checked_file.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;

// By it TARGET.part is known as one that may be removed.
constexpr const char* kMark = "UNFINISHED";
constexpr std::uint64_t kSpareBytes = 16 << 20;  // what should be left when it is full

bool is_mount_point(const fs::path& folder) {
  struct stat own {};
  struct stat parent {};
  return ::stat(folder.c_str(), &own) == 0 && ::stat((folder / "..").c_str(), &parent) == 0 &&
         own.st_dev != parent.st_dev;
}

// Whether a folder can be renamed to this name.
Result<void> is_free(const fs::path& target) {
  std::error_code failure;
  const auto parent = target.parent_path();
  if (!fs::is_directory(parent, failure)) {
    return Error{Retry::kLater,
                 fmt::format("there is no folder {}: make it, or mount its disk", parent.string())};
  }
  const auto status = fs::symlink_status(target, failure);
  if (!fs::exists(status)) return {};
  if (!fs::is_directory(status)) {
    return Error{Retry::kNever, fmt::format("{} is not a folder; choose another name", target.string())};
  }
  if (is_mount_point(target)) {
    return Error{Retry::kNever,
                 fmt::format("{0} is where a disk is mounted; choose a folder on it that is not "
                             "there yet, as {0}/sportapp",
                             target.string())};
  }
  if (fs::is_empty(target, failure)) return {};
  return Error{Retry::kNever, failure ? fmt::format("cannot read {}: {}", target.string(), failure.message())
                                      : fmt::format("{} has something in it; choose a folder that is not "
                                                    "there yet",
                                                    target.string())};
}

// What a killed process left: of nobody else is anything removed.
Result<void> clear(const fs::path& part) {
  std::error_code failure;
  if (fs::is_empty(part, failure)) return {};
  if (!fs::exists(part / kMark, failure)) {
    return Error{Retry::kNever, fmt::format("{} is in the way, and nothing that sportapp left there: move it "
                                            "away",
                                            part.string())};
  }
  for (const auto& entry : fs::directory_iterator(part, failure)) {
    if (entry.path().filename() != kMark && !failure) fs::remove_all(entry.path(), failure);
  }
  if (!failure) return {};
  return Error{Retry::kLater,
               fmt::format("cannot empty {}: {}; remove it", part.string(), failure.message())};
}

Result<Descriptor> lock(const fs::path& part) {
  Descriptor folder(::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return failed("open", part);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  return Error{Retry::kLater,
               fmt::format("another sportapp is writing {} now; wait for it, or choose another "
                           "name",
                           part.string())};
}

// Everything below it, and itself.
Result<void> sync_all(const fs::path& folder) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    auto synced = entry.is_directory() ? sync_all(entry.path()) : sync_to_disk(entry.path());
    if (!synced) return synced;
  }
  if (failure) {
    return Error{Retry::kLater, fmt::format("cannot read {}: {}", folder.string(), failure.message())};
  }
  return sync_to_disk(folder);
}

}  // namespace

Result<UnfinishedFolder> UnfinishedFolder::begin(const fs::path& named) {
  std::error_code not_there, failure;
  auto target = instance::normal_folder(named);
  if (fs::is_symlink(target, not_there)) target = fs::canonical(target, failure);  // its place, not the link
  if (failure) return Error{Retry::kNever, fmt::format("{}: {}", named.string(), failure.message())};
  if (auto free = is_free(target); !free) return free.error();
  const fs::path part = target.string() + ".part";
  if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return failed("make the folder", part);
  auto locked = lock(part);
  if (!locked) return locked.error();
  if (auto cleared = clear(part); !cleared) return cleared.error();
  UnfinishedFolder folder(target, part, std::move(*locked));
  std::ofstream mark(part / kMark);
  mark << "What is here is not whole: sportapp is writing it, or was cut off and will remove it.\n";
  mark.close();
  if (!mark || ::mkdir(folder.path().c_str(), 0700) != 0) return failed("write to", part);
  return folder;
}

UnfinishedFolder::~UnfinishedFolder() {
  if (!lock_) return;
  std::error_code ignored;  // the next one tries again: the mark goes last
  fs::remove_all(path(), ignored);
  fs::remove_all(part_, ignored);
}

Result<void> UnfinishedFolder::need_room(std::uint64_t bytes) const {
  constexpr double kMiB = 1 << 20;
  std::error_code failure;
  const auto room = fs::space(part_, failure);
  if (failure || room.available >= bytes + kSpareBytes) return {};  // what is not known is tried
  return Error{Retry::kLater,
               fmt::format("there is no room for {}: it needs {:.1f} MiB, its disk has {:.1f} MiB left; free "
                           "some, or choose another disk",
                           target_.string(), static_cast<double>(bytes + kSpareBytes) / kMiB,
                           static_cast<double>(room.available) / kMiB)};
}

Result<void> UnfinishedFolder::finish() {
  if (auto synced = sync_all(path()); !synced) return synced;
  if (::rename(path().c_str(), target_.c_str()) != 0) return failed("give its name to", target_);
  auto synced = sync_to_disk(target_.parent_path());
  return synced ? synced : Error{Retry::kOutcomeUnknown, synced.error().what};
}

}  // namespace sportapp::backup
