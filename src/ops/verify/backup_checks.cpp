#include "ops/verify/backup_checks.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "domain/services/registry.hpp"
#include "ops/backup/checked_file.hpp"
#include "ops/backup/manifest.hpp"
#include "ops/backup/moment.hpp"
#include "ops/verify/findings.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::verify {
namespace {

namespace fs = std::filesystem;

std::string text_of(std::uint64_t bytes, const Hash& hash) {
  return fmt::format("{} bytes, BLAKE2b {}", bytes, hex(hash));
}

std::string text_of(const Position& head) {
  return fmt::format("entry {}, hash {}", head.seq.value, hex(head.hash));
}

Result<Position> head_of(journal::Reader& reader) {
  const auto seq = reader.head();
  if (!seq) return seq.error();
  const auto last = reader.entries(Seq{seq->value - 1}, 1);
  if (!last) return last.error();
  return last->empty() ? Position{} : Position{last->front().seq, last->front().hash};
}

class BackupChecks {
 public:
  BackupChecks(const fs::path& folder, const Watcher& watcher) : folder_(folder), findings_(watcher) {}

  // False: there is nothing to hold the rest against.
  [[nodiscard]] bool manifest();
  void files();
  void positions();
  [[nodiscard]] Verdict verdict() const { return findings_.verdict(); }

 private:
  [[nodiscard]] Result<Checked> position_of(const backup::ServicePart& part);
  [[nodiscard]] Result<Checked> fit();

  const fs::path folder_;
  Findings findings_;
  backup::Manifest manifest_;
  std::map<std::string, Seq> heads_;  // of the journals that are there
  std::map<std::string, std::map<std::string, Seq>> consumed_;
};

bool BackupChecks::manifest() {
  bool read = false;
  findings_.run("", backup::kManifestFile, "file", [&](const Progress&) -> Result<Checked> {
    auto found = backup::read_manifest(folder_);
    if (!found) return found.error();
    read = true;
    manifest_ = std::move(*found);
    return Checked{
        fmt::format("of {} at {}, by version {}", manifest_.data, manifest_.started, manifest_.version),
        std::nullopt};
  });
  return read;
}

void BackupChecks::files() {
  for (const auto& part : manifest_.files) {
    findings_.run("", part.file, "bytes", [&](const Progress& progress) -> Result<Checked> {
      const auto sum = backup::sum_of(folder_ / part.file, [&](std::uint64_t done) {
        progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(part.bytes));
        return true;
      });
      if (!sum) return sum.error();
      const auto expected = text_of(part.bytes, part.hash), found = text_of(sum->bytes, sum->hash);
      if (expected == found) return Checked{fmt::format("{} bytes, as they were", sum->bytes), std::nullopt};
      return Checked{"", Difference{"the whole file", expected, found}};
    });
  }
}

Result<Checked> BackupChecks::position_of(const backup::ServicePart& part) {
  const auto* known = services::find(part.service);
  if (known == nullptr) {
    return Error{Retry::kNever, fmt::format("this program knows no service {}; use version {}", part.service,
                                            manifest_.version)};
  }
  auto reader = journal::Reader::open(folder_ / backup::journal_file_of(part.service));
  if (!reader) return reader.error();
  const auto head = head_of(**reader);
  if (!head) return head.error();
  for (const auto& source : known->make_domain()->sources()) {
    const auto consumed = (*reader)->taken_in(source);
    if (!consumed) return consumed.error();
    consumed_[part.service][source] = *consumed;
  }
  heads_[part.service] = head->seq;
  if (*head != part.head) return Checked{"", Difference{"the end", text_of(part.head), text_of(*head)}};
  return Checked{text_of(*head), std::nullopt};
}

// Each journal against what the others have taken in of it.
Result<Checked> BackupChecks::fit() {
  for (const auto& part : manifest_.services) {
    if (heads_.count(part.service) != 0) continue;
    return Error{Retry::kNever, fmt::format("where {} ends is not known: it cannot be read",
                                            backup::journal_file_of(part.service))};
  }
  const auto unfit = backup::misfit(heads_, consumed_);
  if (!unfit.empty()) return Checked{"", Difference{"between services", "no more than is there", unfit}};
  std::string text;
  for (const auto& [service, positions] : consumed_) {
    for (const auto& [source, seq] : positions) {
      text += fmt::format("{}{} has {} of {}'s {}", text.empty() ? "" : ", ", service, seq.value, source,
                          heads_.at(source).value);
    }
  }
  return Checked{text, std::nullopt};
}

void BackupChecks::positions() {
  for (const auto& part : manifest_.services) {
    findings_.run(part.service, backup::journal_file_of(part.service), "end",
                  [&](const Progress&) { return position_of(part); });
  }
  findings_.run("", backup::kManifestFile, "fit", [&](const Progress&) { return fit(); });
}

}  // namespace

Verdict verify_backup(const fs::path& folder, const Watcher& watcher) {
  BackupChecks checks(folder, watcher);
  const bool any = checks.manifest();
  // Where there is none at all, it is not a backup: what else is missing in it is nobody's concern.
  if (std::error_code failed; !any && !fs::exists(folder / backup::kManifestFile, failed)) {
    return checks.verdict();
  }
  if (any) checks.files();
  auto verdict = verify(folder, watcher);
  if (any) checks.positions();
  const auto of_backup = checks.verdict();
  verdict.checks += of_backup.checks;
  verdict.different += of_backup.different;
  verdict.unreadable += of_backup.unreadable;
  return verdict;
}

}  // namespace sportapp::verify
