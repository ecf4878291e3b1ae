#include "store/journal/promise.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/durable.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/slots.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

constexpr SlotFormat kPromiseFormat{"sportapp promise 1\n", 8};
// What is written where the promise before is lost: it stays known until there is another one.
constexpr Epoch kLost{-1};

std::string content_of(Epoch epoch) {
  return ByteWriter().i64(epoch.value).take();
}

using Epochs = std::array<std::optional<Epoch>, 2>;  // of a slot that is damaged: none

Result<Epochs> read_epochs(const Descriptor& slots, const fs::path& file) {
  const auto contents = read_slots(slots, file, kPromiseFormat);
  if (!contents) return contents.error();
  Epochs epochs;
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    if ((*contents)[i]) epochs[i] = Epoch{ByteReader(*(*contents)[i]).i64()};
  }
  return epochs;
}

Epoch greater_of(const Epochs& epochs) {
  return std::max(epochs[0].value_or(kLost), epochs[1].value_or(kLost));
}

Result<Epochs> read_file(const fs::path& file) {
  const auto slots = open_slots(file);
  if (!slots) return slots.error();
  return read_epochs(*slots, file);
}

// Whether this node must have promised something: the first epoch is that of a journal alone, too.
bool took_part(const fs::path& folder) {
  const auto mark = MarkFile::read_only(folder / "journal.db");
  return mark && *mark && (*mark)->settled.epoch > Epoch{1};
}

// Recreates the file where it is not there or says nothing.
Result<void> make_readable(const fs::path& folder, const fs::path& file) {
  Epoch first;
  std::error_code unknown;
  if (fs::exists(file, unknown) || unknown) {
    const auto epochs = read_file(file);
    if (!epochs) return epochs.error();
    if ((*epochs)[0] || (*epochs)[1]) return {};
    const fs::path kept = file.string() + ".damaged";
    if (auto renamed = rename_durably(file, kept); !renamed) return renamed;
    spdlog::error(
        "{}: both of its slots are damaged, so it is not known what this node promised; it is kept "
        "as {} and recreated, and the monitor decides what this node may be",
        file.string(), kept.string());
    first = kLost;
  } else if (took_part(folder)) {
    spdlog::error(
        "{} is gone, so it is not known what this node promised; it is recreated, and the monitor "
        "decides what this node may be",
        file.string());
    first = kLost;
  }
  return make_slots(file, kPromiseFormat, content_of(first));
}

}  // namespace

Result<std::unique_ptr<Promise>> Promise::open(const fs::path& folder) {
  auto file = folder / "promise";
  if (auto readable = make_readable(folder, file); !readable) return readable.error();
  auto slots = open_slots(file);
  if (!slots) return slots.error();
  std::unique_ptr<Promise> promise(new Promise(std::move(file), std::move(*slots)));
  const auto epochs = read_epochs(promise->slots_, promise->file_);
  if (!epochs) return epochs.error();
  if (!(*epochs)[0] || !(*epochs)[1]) {
    spdlog::warn("{}: one slot was cut off while it was written; the other one counts",
                 promise->file_.string());
  }
  const auto found = greater_of(*epochs);
  promise->value_ = std::max(found, Epoch{});
  promise->lost_ = found == kLost;
  promise->next_slot_ = (*epochs)[0] == found ? 1 : 0;
  // What a process that was killed wrote may not be on disk yet.
  if (auto synced = sync_slots(promise->slots_, promise->file_); !synced) return synced.error();
  return promise;
}

Result<Epoch> Promise::read_only(const fs::path& folder) {
  const auto file = folder / "promise";
  const auto epochs = read_file(file);
  if (!epochs) return epochs.error();
  if ((*epochs)[0] || (*epochs)[1]) return std::max(greater_of(*epochs), Epoch{});
  return Error{Retry::kNever,
               fmt::format("{}: both of its slots are damaged, so it is not known what this node promised; "
                           "start the node, which recreates it and is then filled by the primary",
                           file.string())};
}

Result<void> Promise::raise(Epoch epoch) {
  if (epoch <= value_) return {};
  if (auto written = write_slot(slots_, file_, kPromiseFormat, next_slot_, content_of(epoch)); !written)
    return written;
  if (auto synced = sync_slots(slots_, file_); !synced) return synced;
  value_ = epoch;
  lost_ = false;
  next_slot_ = 1 - next_slot_;
  return {};
}

}  // namespace sportapp::journal
