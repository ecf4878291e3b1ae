#include "ops/backup/moment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "domain/services/registry.hpp"
#include "ha/watch/record_store.hpp"
#include "store/journal/promise.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;
using Records = std::map<std::string, failover::Record>;

// A journal that took in an event in the instant between two holds, or a record that changed: rare, and soon
// over.
constexpr int kAttemptsMax = 50;

fs::path folder_of(const fs::path& data, const std::string& service, const std::string& node) {
  return data / fmt::format("{}-commands-{}", service, node);
}

Result<Records> read_records(const fs::path& data) {
  std::error_code failure;
  if (!fs::is_directory(data / "monitor", failure)) {
    return Error{Retry::kNever,
                 fmt::format("{} is not a data folder of an instance: there is no folder monitor in "
                             "it; give one with --data",
                             data.string())};
  }
  auto store = watch::open_record_files(data / "monitor");
  if (!store) return store.error();
  auto loaded = (*store)->load();
  if (!loaded) return loaded.error();
  Records records;
  for (auto& [service, record] : *loaded) {
    if (services::find(service) == nullptr) {
      return Error{Retry::kNever, fmt::format("{} has a service {} that this program does not know; use the "
                                              "program that it runs with",
                                              data.string(), service)};
    }
    if (!record) return record.error();
    records[service] = std::move(*record);
  }
  return records;
}

Error no_record(const fs::path& data, const std::string& service) {
  return {Retry::kNever,
          fmt::format("there is no record {}, so it is not known which node of {} has everything; is the "
                      "instance still starting? If the record was lost: sportapp promote {} NODE --force",
                      (data / "monitor" / (service + ".record")).string(), service, service)};
}

// The primary, else another of those in sync; not one that lost its disk.
Result<HeldJournal> open_one(const fs::path& data, const std::string& service,
                             const failover::Record& record) {
  auto members = record.in_sync;
  std::stable_partition(members.begin(), members.end(),
                        [&](const failover::Member& one) { return one.node == record.primary; });
  std::string why_not;
  for (const auto& member : members) {
    const auto folder = folder_of(data, service, member.node);
    const auto promise = journal::Promise::read_only(folder);
    if (promise && *promise >= member.promise) {
      auto source = journal::CopySource::open(folder / "journal.db");
      if (source) return HeldJournal{service, record, member.node, std::move(*source), nullptr, {}};
      why_not += "; " + source.error().what;
    } else {
      why_not += promise ? fmt::format("; {} lost its disk", folder.string()) : "; " + promise.error().what;
    }
  }
  return Error{Retry::kLater, fmt::format("no node of {} that is in sync can be read{}", service, why_not)};
}

Result<std::vector<HeldJournal>> open_all(const fs::path& data, const Records& records) {
  std::vector<HeldJournal> journals;
  for (const auto& known : services::all()) {
    const std::string service(known.name);
    const auto record = records.find(service);
    if (record == records.end()) return no_record(data, service);
    auto opened = open_one(data, service, record->second);
    if (!opened) return opened.error();
    journals.push_back(std::move(*opened));
  }
  return journals;
}

std::vector<std::string> sources_of(const std::string& service) {
  return services::find(service)->make_domain()->sources();
}

// Who takes in much goes first: what it has taken in is then in what is held later.
Result<void> hold_each(const fs::path& data, std::vector<HeldJournal>& journals) {
  std::vector<std::pair<std::size_t, HeldJournal*>> order;
  for (auto& journal : journals) order.emplace_back(sources_of(journal.service).size(), &journal);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  for (const auto& [count, journal] : order) {
    const auto file = folder_of(data, journal->service, journal->node) / "journal.db";
    auto base = projection::hold_with_base(*journal->source, file);
    if (!base) return base.error();
    journal->base = std::move(*base);
  }
  return {};
}

// Empty where what is held fits.
Result<std::string> look(std::vector<HeldJournal>& journals) {
  std::map<std::string, Seq> heads;
  std::map<std::string, std::map<std::string, Seq>> consumed;
  for (auto& journal : journals) {
    auto positions = journal.source->consumed(sources_of(journal.service));
    if (!positions) return positions.error();
    journal.consumed = *positions;
    heads[journal.service] = journal.source->head().seq;
    consumed[journal.service] = std::move(*positions);
  }
  return misfit(heads, consumed);
}

}  // namespace

std::string misfit(const std::map<std::string, Seq>& heads,
                   const std::map<std::string, std::map<std::string, Seq>>& consumed) {
  for (const auto& [service, positions] : consumed) {
    for (const auto& [source, seq] : positions) {
      const auto head = heads.find(source);
      if (head != heads.end() && seq <= head->second) continue;
      return fmt::format("{} has taken in events of {} up to {}, and the journal of {} ends at {}", service,
                         source, seq.value, source, head == heads.end() ? 0 : head->second.value);
    }
  }
  return {};
}

Result<std::vector<HeldJournal>> hold_all(const fs::path& data) {
  std::string why;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const auto before = read_records(data);
    if (!before) return before.error();
    auto journals = open_all(data, *before);
    if (!journals) return journals;
    if (auto held = hold_each(data, *journals); !held) return held.error();
    const auto after = read_records(data);
    if (!after) return after.error();
    // In sync before and after, and every change is a new record: so it was in sync all the time.
    if (*after != *before) {
      why = "who is in sync changes all the time; see: sportapp events";
      continue;
    }
    const auto unfit = look(*journals);
    if (!unfit) return unfit.error();
    if (unfit->empty()) return journals;
    why = *unfit + "; where this stays so, see: sportapp verify";
  }
  return Error{Retry::kLater,
               fmt::format("the journals of {} do not fit each other: {}", data.string(), why)};
}

}  // namespace sportapp::backup
