// What a backup says of itself: backup.json in its folder.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::backup {

inline constexpr int kFormat = 1;
inline constexpr const char* kManifestFile = "backup.json";

// Whose folder a backup has the journal of each service in: the one that is preferred as primary, and there
// however many spares are set.
inline constexpr const char* kNode = "a";

// Below the backup's folder.
[[nodiscard]] std::string journal_file_of(const std::string& service);

// One service's journal, as it was when all of them were held.
struct ServicePart {
  std::string service;
  std::string node;  // whose journal it is a copy of
  Epoch epoch;       // of the record then; what is restored begins under a later one
  Position head;
  std::map<std::string, Seq> consumed;  // by other service: up to where its events are taken in
};

struct FilePart {
  std::string file;  // below the backup's folder
  std::uint64_t bytes = 0;
  Hash hash{};  // of its bytes alone: what `b2sum -l 256` prints
};

struct Manifest {
  std::string version;   // of the program that took it
  std::string data;      // the data folder it was taken of
  std::string started;   // everything acknowledged before is in it; UTC
  std::string finished;  // when all of it was copied; UTC
  std::vector<ServicePart> services;
  std::vector<FilePart> files;  // all but the manifest

  [[nodiscard]] std::uint64_t bytes() const;  // of all files
};

// JSON, a line for each service and file, with a checksum of its own.
[[nodiscard]] std::string to_text(const Manifest& manifest);
// An error (kNever) where it is of a newer format, damaged, or names a file that is not below its folder.
[[nodiscard]] Result<Manifest> manifest_of(std::string_view text);
// Of the backup in `folder`; errors name the file and what to do.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& folder);

}  // namespace sportapp::backup
