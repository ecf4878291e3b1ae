#include "base/cause.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sportapp {
namespace {

namespace fs = std::filesystem;

std::string user_name() {
  const auto id = ::geteuid();
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return entry.pw_name;
  return std::to_string(id);
}

bool may(const fs::path& path, int how) {
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0;
}

// The path, or the folder above it that is there.
fs::path nearest(fs::path path) {
  std::error_code unknown;
  while (!fs::exists(fs::symlink_status(path, unknown)) && path.has_parent_path() &&
         path != path.parent_path()) {
    path = path.parent_path();
  }
  return path.empty() ? fs::path(".") : path;
}

std::string disk_of(const fs::path& path) {
  const auto there = nearest(path);
  std::error_code unknown;
  return (fs::is_directory(there, unknown) ? there : there.parent_path()).string();
}

// The first thing on the way to the path that this user may not pass, read or write; empty: nothing is.
std::string forbidden(const fs::path& path) {
  fs::path way;
  for (const auto& part : fs::absolute(path)) {
    way /= part;
    std::error_code unknown;
    const auto kind = fs::symlink_status(way, unknown).type();
    if (kind == fs::file_type::not_found || kind == fs::file_type::none) break;
    if (fs::is_directory(way, unknown)) {
      if (!may(way, X_OK)) return fmt::format("search the folder {}", way.string());
    } else if (!may(way, R_OK | W_OK)) {
      return fmt::format("{} {}", may(way, R_OK) ? "write" : "read", way.string());
    }
  }
  const auto folder = disk_of(path);
  return may(folder, W_OK) ? "" : fmt::format("write in the folder {}", folder);
}

std::string not_permitted(const fs::path& path) {
  const auto what = forbidden(path);
  return what.empty()
             ? fmt::format("user {} is not permitted to change {}; look at its attributes (lsattr) and owner",
                           user_name(), path.string())
             : fmt::format("user {} may not {}; give it to that user, or start as its owner", user_name(),
                           what);
}

std::string read_only(const fs::path& path) {
  return fmt::format("the disk of {} is read-only; look why (dmesg), and make it writable", disk_of(path));
}

}  // namespace

std::string cause_of(int error, const fs::path& path) {
  switch (error) {
    case ENOSPC:
      return fmt::format("the disk of {} is full; free some space on it", disk_of(path));
    case EDQUOT:
      return fmt::format("the quota of user {} on the disk of {} is used up; free some space, or raise it",
                         user_name(), disk_of(path));
    case EROFS:
      return read_only(path);
    case EACCES:
    case EPERM:
      return not_permitted(path);
    case EIO:
      return fmt::format("the disk of {} fails to read or write; look at it (dmesg)", disk_of(path));
    case EISDIR:
      return fmt::format("{} is a folder, not a file; move it away", path.string());
    case ENOTDIR:
      return fmt::format("a file stands in the place of a folder on the way to {}; move it away",
                         path.string());
    default:
      return fmt::format("{}; look at its disk", std::strerror(error));
  }
}

std::string why_not_writable(const fs::path& path) {
  struct statvfs disk {};
  if (::statvfs(nearest(path).c_str(), &disk) == 0 && (disk.f_flag & ST_RDONLY) != 0) return read_only(path);
  return forbidden(path).empty() ? "" : not_permitted(path);
}

std::string damaged(const fs::path& path) {
  return fmt::format("the file {} is damaged", path.string());
}

}  // namespace sportapp
