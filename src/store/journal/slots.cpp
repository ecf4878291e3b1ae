#include "store/journal/slots.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/cause.hpp"
#include "base/durable.hpp"
#include "base/hash.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

constexpr off_t kSlotEvery = 4096;
constexpr mode_t kOwnerOnly = 0600;

std::string slot_of(const SlotFormat& format, std::string_view content) {
  std::string slot(format.mark);
  slot += content;
  const auto hash = Hasher().field(slot).finish();
  slot.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return slot;
}

std::optional<std::string> content_in(const SlotFormat& format, std::string_view slot) {
  if (slot.size() != format.mark.size() + format.content_bytes + sizeof(Hash)) return std::nullopt;
  auto content = std::string(slot.substr(format.mark.size(), format.content_bytes));
  return slot == slot_of(format, content) ? std::optional(std::move(content)) : std::nullopt;
}

}  // namespace

Error slots_failed(const char* what, const fs::path& file) {
  return {Retry::kLater, fmt::format("{}: cannot {}: {}", file.string(), what, cause_of(errno, file))};
}

Result<Descriptor> open_slots(const fs::path& file) {
  Descriptor slots(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!slots) return slots_failed("open it", file);
  return slots;
}

Result<void> make_slots(const fs::path& file, const SlotFormat& format, std::string_view content) {
  const auto folder = folder_of(file);
  std::error_code not_made;
  fs::create_directories(folder, not_made);
  const fs::path fresh = file.string() + ".new";
  const Descriptor slots(::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly));
  if (!slots) return slots_failed("make it", fresh);
  for (std::size_t i = 0; i < 2; ++i) {
    if (auto written = write_slot(slots, fresh, format, i, content); !written) return written;
  }
  if (::fsync(slots.get()) != 0) return slots_failed("sync it", fresh);
  if (::rename(fresh.c_str(), file.c_str()) != 0) return slots_failed("rename it", fresh);
  return sync_to_disk(folder);
}

Result<SlotContents> read_slots(const Descriptor& slots, const fs::path& file, const SlotFormat& format) {
  SlotContents contents;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    std::string slot(format.mark.size() + format.content_bytes + sizeof(Hash), '\0');
    const auto got = ::pread(slots.get(), slot.data(), slot.size(), static_cast<off_t>(i) * kSlotEvery);
    if (got < 0) return slots_failed("read it", file);
    slot.resize(static_cast<std::size_t>(got));
    contents[i] = content_in(format, slot);
  }
  return contents;
}

Result<void> write_slot(const Descriptor& slots, const fs::path& file, const SlotFormat& format,
                        std::size_t index, std::string_view content) {
  const auto slot = slot_of(format, content);
  const auto written =
      ::pwrite(slots.get(), slot.data(), slot.size(), static_cast<off_t>(index) * kSlotEvery);
  if (written < 0) return slots_failed("write it", file);
  if (static_cast<std::size_t>(written) == slot.size()) return {};
  errno = ENOSPC;
  return slots_failed("write it", file);
}

Result<void> sync_slots(const Descriptor& slots, const fs::path& file) {
  if (::fdatasync(slots.get()) != 0) return slots_failed("sync it", file);
  return {};
}

}  // namespace sportapp::journal
