#include "store/journal/mark.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "base/bytes.hpp"
#include "store/journal/slots.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDamageBytesMax = 512;
constexpr std::chrono::seconds kSyncEvery{1};
// counter; head: seq, hash; settled: seq, hash, epoch; replacing: whether, seq, hash; may_have_gaps; damage:
// length, bytes
constexpr std::size_t kContentBytes = 8 + (8 + 32) + (8 + 32 + 8) + (1 + 8 + 32) + 1 + 4 + kDamageBytesMax;
constexpr SlotFormat kMarkFormat{"sportapp journal mark 1\n", kContentBytes};

struct Counted {
  std::uint64_t counter = 0;
  Mark mark;
};

std::string content_of(std::uint64_t counter, const Mark& mark) {
  ByteWriter writer;
  writer.u64(counter).i64(mark.head.seq.value).hash(mark.head.hash);
  writer.i64(mark.settled.seq.value).hash(mark.settled.hash).i64(mark.settled.epoch.value);
  const auto replacing = mark.replacing.value_or(Position{});
  writer.u8(mark.replacing ? 1 : 0).i64(replacing.seq.value).hash(replacing.hash);
  writer.u8(mark.may_have_gaps ? 1 : 0);
  writer.text(std::string_view(mark.damage).substr(0, kDamageBytesMax));
  auto content = writer.take();
  content.resize(kContentBytes, '\0');
  return content;
}

Counted counted_in(std::string_view content) {
  ByteReader reader(content);
  Counted found;
  auto& mark = found.mark;
  found.counter = reader.u64();
  mark.head = {Seq{reader.i64()}, reader.hash()};
  mark.settled = {Seq{reader.i64()}, reader.hash(), Epoch{reader.i64()}};
  const bool is_replacing = reader.u8() != 0;
  const Position replacing{Seq{reader.i64()}, reader.hash()};
  if (is_replacing) mark.replacing = replacing;
  mark.may_have_gaps = reader.u8() != 0;
  mark.damage = reader.text(kDamageBytesMax);
  return found;
}

struct Found {
  std::optional<Counted> newest;
  std::size_t slot = 0;  // that holds it
};

Result<Found> read_newest(const Descriptor& slots, const fs::path& file) {
  const auto contents = read_slots(slots, file, kMarkFormat);
  if (!contents) return contents.error();
  Found found;
  for (std::size_t i = 0; i < contents->size(); ++i) {
    if (!(*contents)[i]) continue;
    auto counted = counted_in(*(*contents)[i]);
    if (found.newest && found.newest->counter >= counted.counter) continue;
    found = {std::move(counted), i};
  }
  return found;
}

void tell_damaged(const fs::path& file) {
  spdlog::warn(
      "{}: both of its slots are damaged, so it does not say where the journal ended; it is made "
      "anew, and the journal is held against its own content only",
      file.string());
}

}  // namespace

Result<std::optional<Mark>> MarkFile::read_only(const fs::path& journal) {
  const auto file = of(journal);
  std::error_code failed;
  const bool is_there = fs::exists(file, failed);
  if (!failed && !is_there) return std::optional<Mark>();
  const auto slots = open_slots(file);
  if (!slots) return slots.error();
  auto found = read_newest(*slots, file);
  if (!found) return found.error();
  if (found->newest) return std::optional(std::move(found->newest->mark));
  tell_damaged(file);
  return std::optional<Mark>();
}

Result<std::unique_ptr<MarkFile>> MarkFile::open(const fs::path& journal) {
  const auto before = read_only(journal);
  if (!before) return before.error();
  const auto file = of(journal);
  if (!*before) {
    if (auto made = make_slots(file, kMarkFormat, content_of(0, {})); !made) return made.error();
  }
  auto slots = open_slots(file);
  if (!slots) return slots.error();
  auto opened = std::unique_ptr<MarkFile>(new MarkFile(file, std::move(*slots)));
  auto found = read_newest(opened->slots_, file);
  if (!found) return found.error();
  if (found->newest) {
    opened->mark_ = std::move(found->newest->mark);
    opened->counter_ = found->newest->counter;
    opened->next_slot_ = 1 - found->slot;
  }
  opened->syncer_ =
      std::jthread([raw = opened.get()](const std::stop_token& stop) { raw->keep_synced(stop); });
  return opened;
}

MarkFile::~MarkFile() {
  if (!syncer_.joinable()) return;
  syncer_.request_stop();
  wake_.notify_all();
  syncer_.join();
  static_cast<void>(sync());
}

Result<void> MarkFile::write(const Mark& mark) {
  auto written = write_slot(slots_, file_, kMarkFormat, next_slot_, content_of(counter_ + 1, mark));
  if (!written) return written;
  mark_ = mark;
  ++counter_;
  next_slot_ = 1 - next_slot_;
  const std::lock_guard lock(mutex_);
  is_synced_ = false;
  return {};
}

Result<void> MarkFile::sync() {
  const std::lock_guard syncing(sync_mutex_);  // whoever finds it synced must not be told so too early
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(is_synced_, true)) return {};
  }
  auto synced = sync_slots(slots_, file_);
  if (synced) return synced;
  const std::lock_guard lock(mutex_);
  is_synced_ = false;
  return synced;
}

void MarkFile::keep_synced(const std::stop_token& stop) {
  bool told = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kSyncEvery, [] { return false; });
    }
    const auto synced = sync();
    if (!synced && !std::exchange(told, true)) spdlog::warn("{}", synced.error().what);
    if (synced) told = false;
  }
}

}  // namespace sportapp::journal
