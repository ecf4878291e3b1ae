#pragma once
#include <cstdint>
#include <filesystem>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace sportapp::backup {

// A folder that comes to be there whole or not at all: it is filled below TARGET.part, and renamed when all
// of it is on disk. What a process that was killed left under that name is taken away by the next.
class UnfinishedFolder {
 public:
  // An error where `target` has something in it, or its parent is missing, or another process is filling it.
  [[nodiscard]] static Result<UnfinishedFolder> begin(const std::filesystem::path& target);
  // Removes what was not finished.
  ~UnfinishedFolder();
  UnfinishedFolder(UnfinishedFolder&&) noexcept = default;
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;

  // Where it is filled.
  [[nodiscard]] std::filesystem::path path() const { return part_ / "whole"; }
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  // An error where its disk has not so much left.
  [[nodiscard]] Result<void> need_room(std::uint64_t bytes) const;
  // After it `target` is there, on disk. An error kOutcomeUnknown: it is there, and may be gone after a power
  // failure; any other: it is not.
  [[nodiscard]] Result<void> finish();

 private:
  UnfinishedFolder(std::filesystem::path target, std::filesystem::path part, Descriptor lock)
      : target_(std::move(target)), part_(std::move(part)), lock_(std::move(lock)) {}

  std::filesystem::path target_;
  std::filesystem::path part_;
  Descriptor lock_;  // of TARGET.part; none: it was moved from
};

}  // namespace sportapp::backup
