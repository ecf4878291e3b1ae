#include "journal/promise.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/durable.hpp"
#include "base/hash.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

// A slot: these bytes, the epoch in eight bytes, the lowest first, and the hash of both; it begins on a block
// of its own, so that a write which is cut off cannot touch the other.
constexpr std::string_view kMark = "sportapp promise 1\n";
constexpr std::size_t kEpochBytes = 8;
constexpr std::size_t kSlotBytes = kMark.size() + kEpochBytes + sizeof(Hash);
constexpr off_t kSlotEvery = 4096;

std::string slot_of(Epoch epoch) {
  std::string slot(kMark);
  for (unsigned i = 0; i < kEpochBytes; ++i) {
    slot.push_back(static_cast<char>(static_cast<std::uint64_t>(epoch.value) >> (8 * i)));
  }
  const auto hash = Hasher().field(slot).finish();
  slot.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return slot;
}

std::optional<Epoch> epoch_in(std::string_view slot) {
  if (slot.size() != kSlotBytes) return std::nullopt;
  std::uint64_t number = 0;
  for (unsigned i = 0; i < kEpochBytes; ++i) {
    number |= std::uint64_t{static_cast<std::uint8_t>(slot[kMark.size() + i])} << (8 * i);
  }
  const Epoch epoch{static_cast<std::int64_t>(number)};
  return slot == slot_of(epoch) ? std::optional(epoch) : std::nullopt;
}

Error failed(const char* what, const fs::path& file) {
  return {Retry::kLater, fmt::format("{}: cannot {}: {}; look at its disk and its folder's permissions",
                                     file.string(), what, std::strerror(errno))};
}

bool write_slot(int descriptor, std::size_t index, Epoch epoch) {
  const auto slot = slot_of(epoch);
  const auto written = ::pwrite(descriptor, slot.data(), slot.size(), static_cast<off_t>(index) * kSlotEvery);
  if (written >= 0 && static_cast<std::size_t>(written) != slot.size()) errno = ENOSPC;
  return static_cast<std::size_t>(written) == slot.size() && ::fdatasync(descriptor) == 0;
}

using Slots = std::array<std::optional<Epoch>, 2>;  // one that is damaged holds nothing

// An error where neither can be read: what was promised is not known.
Result<Slots> read_slots(int descriptor, const fs::path& file) {
  Slots slots;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    std::string slot(kSlotBytes, '\0');
    const auto got = ::pread(descriptor, slot.data(), slot.size(), static_cast<off_t>(i) * kSlotEvery);
    if (got < 0) return failed("read it", file);
    slot.resize(static_cast<std::size_t>(got));
    slots[i] = epoch_in(slot);
  }
  if (slots[0] || slots[1]) return slots;
  return Error{Retry::kNever,
               fmt::format("{}: both of its slots are damaged, so it is not known what this node promised; "
                           "move the node's folder away, and it comes back as an empty one that is filled "
                           "by the primary",
                           file.string())};
}

Epoch greater_of(const Slots& slots) {
  return std::max(slots[0].value_or(Epoch{-1}), slots[1].value_or(Epoch{-1}));
}

// Under another name until it is whole, so that a file of the right name always holds a promise.
Result<void> make(const fs::path& folder, const fs::path& file) {
  std::error_code not_made;
  fs::create_directories(folder, not_made);
  const fs::path fresh = file.string() + ".new";
  const int descriptor = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return failed("make it", fresh);
  const bool written = write_slot(descriptor, 0, Epoch{}) && write_slot(descriptor, 1, Epoch{}) &&
                       ::fsync(descriptor) == 0 && ::rename(fresh.c_str(), file.c_str()) == 0;
  const auto error = failed("write it", fresh);
  ::close(descriptor);
  if (!written) return error;
  return sync_to_disk(folder);
}

}  // namespace

Result<std::unique_ptr<Promise>> Promise::open(const fs::path& folder) {
  auto file = folder / "promise";
  if (!fs::exists(file)) {
    if (auto made = make(folder, file); !made) return made.error();
  }
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return failed("open it", file);
  std::unique_ptr<Promise> promise(new Promise(std::move(file), descriptor));
  if (auto read = promise->read(); !read) return read.error();
  // What a process that was killed wrote may not be on disk yet.
  if (::fdatasync(descriptor) != 0) return failed("sync it", promise->file_);
  return promise;
}

Promise::~Promise() {
  ::close(descriptor_);
}

Result<void> Promise::read() {
  const auto slots = read_slots(descriptor_, file_);
  if (!slots) return slots.error();
  const auto& [first, second] = *slots;
  if (!first || !second) {
    spdlog::warn("{}: one slot was cut off while it was written; the other one counts", file_.string());
  }
  value_ = greater_of(*slots);
  next_slot_ = first == value_ ? 1 : 0;
  return {};
}

Result<Epoch> Promise::read_only(const fs::path& folder) {
  const auto file = folder / "promise";
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("open it", file);
  const auto slots = read_slots(descriptor, file);
  ::close(descriptor);
  if (!slots) return slots.error();
  return greater_of(*slots);
}

Result<void> Promise::raise(Epoch epoch) {
  if (epoch <= value_) return {};
  if (!write_slot(descriptor_, next_slot_, epoch)) return failed("write it", file_);
  value_ = epoch;
  next_slot_ = 1 - next_slot_;
  return {};
}

}  // namespace sportapp::journal
