// A small file of two slots that are written in turn, so that a write which is cut off leaves the one before.
// Each begins on a block of its own: a mark of the format, so many bytes of content, and the hash of both.
#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace sportapp::journal {

struct SlotFormat {
  std::string_view mark;
  std::size_t content_bytes = 0;
};
using SlotContents = std::array<std::optional<std::string>, 2>;  // one that is damaged holds nothing

// Where the journal's other files are.
[[nodiscard]] inline std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// What failed at which file, with the system's reason in errno.
[[nodiscard]] Error slots_failed(const char* what, const std::filesystem::path& file);

// For reading and writing.
[[nodiscard]] Result<Descriptor> open_slots(const std::filesystem::path& file);
// Both slots with this content, under another name until they are whole and on disk. Makes the folder, too.
[[nodiscard]] Result<void> make_slots(const std::filesystem::path& file, const SlotFormat& format,
                                      std::string_view content);
[[nodiscard]] Result<SlotContents> read_slots(const Descriptor& slots, const std::filesystem::path& file,
                                              const SlotFormat& format);
// Not synced.
[[nodiscard]] Result<void> write_slot(const Descriptor& slots, const std::filesystem::path& file,
                                      const SlotFormat& format, std::size_t index, std::string_view content);
[[nodiscard]] Result<void> sync_slots(const Descriptor& slots, const std::filesystem::path& file);

}  // namespace sportapp::journal
