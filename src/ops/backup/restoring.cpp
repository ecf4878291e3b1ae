#include "ops/backup/restoring.hpp"

#include <fmt/format.h>

#include "domain/services/registry.hpp"
#include "ops/backup/checked_file.hpp"
#include "ops/backup/unfinished_folder.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;

Result<void> knows_all(const Manifest& manifest, const fs::path& backup) {
  for (const auto& part : manifest.services) {
    if (services::find(part.service) != nullptr) continue;
    return Error{Retry::kNever,
                 fmt::format("{} has a service {} that this program does not know; use the program "
                             "that took it ({})",
                             backup.string(), part.service, manifest.version)};
  }
  return {};
}

Result<void> restore_file(const FilePart& part, const fs::path& backup, const fs::path& to,
                          const FileProgress& progress) {
  const auto from = backup / part.file;
  const auto copied = copy_summed(from, to / part.file, progress);
  if (!copied) return copied.error();
  if (*copied == Sum{part.bytes, part.hash}) return {};
  return Error{Retry::kNever, fmt::format("{} is damaged: it is not the file that was backed up; use another "
                                          "backup. What is wrong: sportapp verify --backup {}",
                                          from.string(), backup.string())};
}

}  // namespace

Result<Manifest> restore(const fs::path& backup, const fs::path& data, const Progress& progress) {
  auto manifest = read_manifest(backup);
  if (!manifest) return manifest;
  if (auto known = knows_all(*manifest, backup); !known) return known.error();
  auto folder = UnfinishedFolder::begin(data);
  if (!folder) return folder.error();
  const auto of = manifest->bytes();
  if (auto room = folder->need_room(of); !room) return room.error();
  std::uint64_t before = 0;
  for (const auto& part : manifest->files) {
    const auto restored = restore_file(part, backup, folder->path(), [&](std::uint64_t done) {
      return progress("restoring " + part.file, before + done, of);
    });
    if (!restored) return restored.error();
    before += part.bytes;
  }
  if (!progress("waiting for the disk", 0, 0)) return Error{Retry::kLater, "interrupted"};
  if (auto finished = folder->finish(); !finished) return finished.error();
  return manifest;
}

}  // namespace sportapp::backup
