#include "ops/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "domain/services/registry.hpp"
#include "ops/verify/findings.hpp"
#include "ops/verify/journal_checks.hpp"
#include "ops/verify/journal_history.hpp"
#include "ops/verify/known_checks.hpp"
#include "ops/verify/view_checks.hpp"
#include "store/journal/beside.hpp"
#include "store/journal/reader.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/snapshot.hpp"

namespace sportapp::verify {
namespace {

namespace fs = std::filesystem;

// `file` in every folder of the service's side: users-commands-a, users-commands-b...
std::vector<fs::path> files_of(const fs::path& data, std::string_view service, std::string_view side,
                               std::string_view file) {
  const auto prefix = fmt::format("{}-{}-", service, side);
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator at(data, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().filename().string().rfind(prefix, 0) == 0) files.push_back(at->path() / file);
  }
  std::sort(files.begin(), files.end());
  return files;
}

struct OpenModel {
  std::string file;
  Seq position;
  std::unique_ptr<projection::Snapshot> snapshot;
};

struct OpenJournal {
  std::string file;
  fs::path path;
  journal::Beside beside;
  std::unique_ptr<journal::Reader> reader;
};

class Verification {
 public:
  Verification(const fs::path& data, const Watcher& watcher) : data_(data), findings_(watcher) {}

  void service(const services::Service& known);
  // What it and others must agree about, by its own checks.
  void cross_checks(const services::Service& known);
  // What it keeps of other services.
  void kept(const services::Service& known);
  [[nodiscard]] Verdict verdict() const { return findings_.verdict(); }

 private:
  [[nodiscard]] std::vector<OpenModel> open_models();
  [[nodiscard]] std::vector<OpenJournal> open_journals();
  void check_journal(const OpenJournal& journal, const domain::Domain& domain);
  void check_models(std::vector<OpenModel> models, const OpenJournal& journal,
                    const domain::Projection& projection);
  [[nodiscard]] bool begin(Replay& replay, const OpenJournal& journal);
  void run(const std::string& file, const std::string& check,
           const std::function<Result<Checked>(const Progress&)>& body) {
    findings_.run(std::string(service_), file, check, body);
  }
  void cannot_read(const fs::path& file, const Error& error) {
    findings_.report({std::string(service_), below(file), "file", "", 0, std::nullopt, error});
  }
  [[nodiscard]] std::string below(const fs::path& file) const {
    return file.lexically_relative(data_).string();
  }

  const fs::path data_;
  Findings findings_;
  std::string_view service_;
};

void Verification::service(const services::Service& known) {
  service_ = known.name;
  // Read models first: what they hold then is in the journal's snapshot too.
  auto models = open_models();
  const auto journals = open_journals();
  const auto domain = known.make_domain();
  for (const auto& journal : journals) check_journal(journal, *domain);
  if (journals.empty()) return;
  const auto projection = known.make_projection();
  check_models(std::move(models), journals.front(), *projection);
}

void Verification::cross_checks(const services::Service& known) {
  service_ = known.name;
  for (const auto& check : known.make_checks()) {
    const auto own = files_of(data_, known.name, "commands", "journal.db");
    const auto other = files_of(data_, check.other, "commands", "journal.db");
    if (own.empty() || other.empty()) continue;
    const auto older = journal::Reader::open(own.front());
    const auto newer = journal::Reader::open(other.front());
    if (!older || !newer) continue;  // found unreadable by now
    JournalHistory own_history(**older), other_history(**newer);
    run(below(own.front()), std::string(check.name),
        [&](const CheckProgress& progress) { return check.run(own_history, other_history, progress); });
  }
}

void Verification::kept(const services::Service& known) {
  service_ = known.name;
  const auto domain = known.make_domain();
  const auto own = files_of(data_, known.name, "commands", "journal.db");
  if (domain->keeps().empty() || own.empty()) return;
  const auto older = journal::Reader::open(own.front());
  if (!older) return;  // found unreadable by now
  std::vector<std::unique_ptr<journal::Reader>> newer;
  std::vector<Source> sources;
  for (const auto& service : domain->keeps()) {
    const auto files = files_of(data_, service, "commands", "journal.db");
    auto opened = files.empty() ? Error{Retry::kNever, "none"} : journal::Reader::open(files.front());
    if (!opened) continue;
    newer.push_back(std::move(*opened));
    sources.push_back({service, *newer.back()});
  }
  run(below(own.front()), "known",
      [&](const Progress& progress) { return check_known(**older, *domain, sources, progress); });
}

std::vector<OpenModel> Verification::open_models() {
  std::vector<OpenModel> models;
  for (const auto& file : files_of(data_, service_, "queries", "read_model.db")) {
    auto opened = projection::Snapshot::open(file);
    if (!opened) {
      cannot_read(file, opened.error());
      continue;
    }
    const auto position = (*opened)->position();
    if (!position) {
      cannot_read(file, position.error());
      continue;
    }
    models.push_back({below(file), *position, std::move(*opened)});
  }
  return models;
}

std::vector<OpenJournal> Verification::open_journals() {
  std::vector<OpenJournal> journals;
  const auto files = files_of(data_, service_, "commands", "journal.db");
  if (files.empty()) {
    cannot_read(
        data_ / fmt::format("{}-commands-*", service_) / "journal.db",
        {Retry::kNever, fmt::format("no journal of {} in {}: give the data folder of an instance with "
                                    "--data",
                                    service_, data_.string())});
  }
  for (const auto& file : files) {
    auto beside = journal::read_beside(file);  // a running journal has what its mark said before
    auto opened = beside ? journal::Reader::open(file) : beside.error();
    if (opened) {
      journals.push_back({below(file), file, std::move(*beside), std::move(*opened)});
    } else {
      cannot_read(file, opened.error());
    }
  }
  return journals;
}

void Verification::check_journal(const OpenJournal& journal, const domain::Domain& domain) {
  auto& reader = *journal.reader;
  run(journal.file, "file", [&](const Progress&) { return journal::check_file(reader); });
  if (journal.beside.mark || journal.beside.seal) {
    run(journal.file, "mark",
        [&](const Progress&) { return check_mark(reader, journal.path, journal.beside); });
  }
  run(journal.file, "chain", [&](const Progress& progress) { return verify::check_chain(reader, progress); });
  run(journal.file, "state",
      [&](const Progress& progress) { return journal::check_state(reader, domain, progress); });
}

// Where retention deleted events of the journal, its base model stands for them. False: read models cannot be
// held against it.
bool Verification::begin(Replay& replay, const OpenJournal& journal) {
  const auto base = journal.reader->base();
  if (!base || base->seq == Seq{}) return static_cast<bool>(base);
  const auto file = projection::base_file_of(data_ / journal.file);
  const auto snapshot = projection::Snapshot::open(file);
  if (!snapshot) {
    cannot_read(file, snapshot.error());
    return false;
  }
  run(below(file), "file", [&](const Progress&) { return check_file(**snapshot); });
  run(below(file), "base", [&](const Progress& progress) { return replay.begin_with(**snapshot, progress); });
  return replay.began_at() >= base->seq;
}

void Verification::check_models(std::vector<OpenModel> models, const OpenJournal& journal,
                                const domain::Projection& projection) {
  std::sort(models.begin(), models.end(),
            [](const auto& left, const auto& right) { return left.position < right.position; });
  Replay replay(*journal.reader, projection);
  if (!begin(replay, journal)) return;
  for (const auto& model : models) {
    auto& snapshot = *model.snapshot;
    run(model.file, "file", [&](const Progress&) { return check_file(snapshot); });
    run(model.file, "views",
        [&](const Progress& progress) { return check_views(replay, snapshot, progress); });
  }
}

}  // namespace

Verdict verify(const fs::path& data, const Watcher& watcher) {
  Verification verification(data, watcher);
  for (const auto& known : services::all()) verification.service(known);
  for (const auto& known : services::all()) {
    verification.cross_checks(known);
    verification.kept(known);
  }
  return verification.verdict();
}

}  // namespace sportapp::verify
