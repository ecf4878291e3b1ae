#include "ops/backup/taking.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "ha/watch/record_store.hpp"
#include "ops/backup/checked_file.hpp"
#include "ops/backup/moment.hpp"
#include "ops/backup/unfinished_folder.hpp"
#include "ops/instance/layout.hpp"
#include "store/journal/promise.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;

std::string utc(std::int64_t wall_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(wall_ms / 1000)),
                     wall_ms % 1000);
}

Error interrupted() {
  return {Retry::kLater, "interrupted"};
}

class Taking {
 public:
  Taking(const fs::path& data, UnfinishedFolder& folder, const Progress& progress)
      : layout_{instance::normal_folder(data)}, folder_(folder), progress_(progress) {}

  // Without the times.
  [[nodiscard]] Result<Manifest> files();

 private:
  [[nodiscard]] Result<void> service(HeldJournal& journal);
  [[nodiscard]] Result<void> journal_file(HeldJournal& journal, const fs::path& to);
  [[nodiscard]] Result<void> base_file(HeldJournal& journal, const fs::path& of_journal);
  [[nodiscard]] Result<void> right_to_lead(const HeldJournal& journal, const fs::path& node);
  [[nodiscard]] Result<void> settings();
  [[nodiscard]] Result<void> sums();

  const instance::Layout layout_;
  UnfinishedFolder& folder_;
  const Progress& progress_;
  Manifest manifest_;
  std::uint64_t done_ = 0, of_ = 0;  // bytes of journals
};

Result<Manifest> Taking::files() {
  auto journals = hold_all(layout_.data);
  if (!journals) return journals.error();
  for (const auto& journal : *journals) {
    const auto bytes = journal.source->bytes();
    if (!bytes) return bytes.error();
    of_ += *bytes;
    if (!journal.base) continue;
    const auto of_base = journal.base->bytes();
    if (!of_base) return of_base.error();
    of_ += *of_base;
  }
  if (auto room = folder_.need_room(of_); !room) return room.error();
  for (auto& journal : *journals) {
    if (auto copied = service(journal); !copied) return copied.error();
  }
  if (auto copied = settings(); !copied) return copied.error();
  if (auto summed = sums(); !summed) return summed.error();
  manifest_.version = SPORTAPP_VERSION;
  manifest_.data = layout_.data.string();
  return manifest_;
}

Result<void> Taking::service(HeldJournal& journal) {
  const auto file = folder_.path() / journal_file_of(journal.service);
  const auto node = file.parent_path();
  std::error_code failure;
  fs::create_directories(node, failure);
  if (failure) {
    return Error{Retry::kLater, fmt::format("cannot make {}: {}", node.string(), failure.message())};
  }
  manifest_.services.push_back(
      {journal.service, journal.node, journal.record.epoch, journal.source->head(), journal.consumed});
  if (auto copied = journal_file(journal, file); !copied) return copied;
  if (auto copied = base_file(journal, file); !copied) return copied;
  if (auto written = right_to_lead(journal, node); !written) return written;
  journal.base.reset();
  journal.source.reset();  // from here on its process's WAL shrinks again
  return {};
}

Result<void> Taking::journal_file(HeldJournal& journal, const fs::path& to) {
  const auto under_way = "copying " + journal.service;
  if (!progress_(under_way, done_, of_)) return interrupted();
  const auto copied = journal.source->copy(
      to, [&](std::uint64_t done, std::uint64_t) { return progress_(under_way, done_ + done, of_); });
  if (!copied) return copied.error();
  done_ += copied->bytes;
  return journal::make_plain(to);
}

// What stands for the entries that retention deleted.
Result<void> Taking::base_file(HeldJournal& journal, const fs::path& of_journal) {
  if (!journal.base) return {};
  const auto to = projection::base_file_of(of_journal);
  const auto under_way = "copying " + journal.service + "'s base model";
  const auto copied = journal.base->copy(
      to, [&](std::uint64_t done, std::uint64_t) { return progress_(under_way, done_ + done, of_); });
  if (!copied) return copied.error();
  done_ += *copied;
  return journal::make_plain(to);
}

// What makes the node primary where it is restored, by itself: it promised less than the record says, which
// counts on it alone and begins a new epoch. The other nodes come to have everything as any that missed much.
Result<void> Taking::right_to_lead(const HeldJournal& journal, const fs::path& node) {
  const auto promised = std::max(journal.record.epoch, journal.source->epoch());
  auto promise = journal::Promise::open(node);
  if (!promise) return promise.error();
  if (auto raised = (*promise)->raise(promised); !raised) return raised;
  auto records = watch::open_record_files(folder_.path() / "monitor");
  if (!records) return records.error();
  return (*records)->save(journal.service, {promised.next(), kNode, {{kNode, promised}}});
}

Result<void> Taking::settings() {
  const auto file = layout_.settings_file();
  std::error_code failure;
  if (!fs::exists(file, failure)) return {};
  const auto copied = copy_summed(file, folder_.path() / file.filename(), {});
  return copied ? Result<void>() : copied.error();
}

Result<void> Taking::sums() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::uint64_t before = 0;
  for (const auto& file : files) {
    const auto sum = sum_of(file, [&](std::uint64_t done) {
      return progress_("making checksums", std::min(before + done, of_), of_);
    });
    if (!sum) return sum.error();
    before += sum->bytes;
    manifest_.files.push_back({file.lexically_relative(folder_.path()).string(), sum->bytes, sum->hash});
  }
  return {};
}

}  // namespace

Result<Manifest> take(const fs::path& data, const fs::path& target, const Clock& clock,
                      const Progress& progress) {
  auto folder = UnfinishedFolder::begin(target);
  if (!folder) return folder.error();
  const auto started = utc(clock.wall_ms());
  auto manifest = Taking(data, *folder, progress).files();
  if (!manifest) return manifest;
  manifest->started = started;
  manifest->finished = utc(clock.wall_ms());
  const auto written = write_new_file(folder->path() / kManifestFile, to_text(*manifest));
  if (!written) return written.error();
  if (!progress("waiting for the disk", 0, 0)) return interrupted();
  if (auto finished = folder->finish(); !finished) return finished.error();
  return manifest;
}

}  // namespace sportapp::backup
