#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "lab/judge/truth.hpp"
#include "lab/request/answer.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 2000;
constexpr char kInternal = ' ';  // with it begin the keys of what a service took in from others

struct OpenJournal {
  std::string node;
  fs::path file;
  std::unique_ptr<journal::Reader> reader;
  std::int64_t head = 0;
};

Result<std::vector<OpenJournal>> open_all(const std::vector<NodeJournal>& journals) {
  std::vector<OpenJournal> opened;
  for (const auto& [node, file] : journals) {
    auto reader = journal::Reader::open(file);
    if (!reader) return reader.error();
    const auto head = (*reader)->head();
    if (!head) return head.error();
    const auto base = (*reader)->base();
    if (!base) return base.error();
    if (base->seq > Seq{}) {
      return Error{
          Retry::kNever,
          fmt::format("{}: its entries up to {} were deleted by retention, so what clients were told of them "
                      "cannot be judged; run experiments with [retention] keep_entries and keep_days 0",
                      file.string(), base->seq.value)};
    }
    opened.push_back({node, file, *std::move(reader), head->value});
  }
  return opened;
}

std::string_view name_member(std::string_view service) {
  if (service == "users") return "username";
  return service == "products" ? "name" : "";
}

// Of /api-queries/users/12.
std::size_t id_of_location(std::string_view location) {
  std::size_t id = 0;
  const auto* const first = location.data() + location.rfind('/') + 1;
  std::from_chars(first, location.data() + location.size(), id);
  return id;
}

// Takes in the longest journal, an entry after the other.
class JournalReading {
 public:
  JournalReading(const std::string& service, OpenJournal& longest, Findings& findings)
      : findings_(findings), truth_(service, Ledger::Source::kJournal) {
    truth_.journal = longest.file;
  }

  void take(const journal::Entry& entry) {
    if (truth_.epochs.empty() || entry.epoch.value > truth_.epochs.back().epoch) {
      truth_.epochs.push_back({entry.epoch.value, entry.time_ms});
    }
    if (entry.key.starts_with(kInternal)) return;
    truth_.ledger.add(entry.key, entry.answer.body, entry.seq.value);
    if (entry.answer.location.empty()) return;  // it made nothing new
    const auto id = id_of_location(entry.answer.location);
    if (id > static_cast<std::size_t>(entry.seq.value)) return;  // no id of ours: they count up
    if (ids_.size() <= id) ids_.resize(std::max(id + 1, 2 * ids_.size()));
    if (ids_[id]) {
      findings_.doubled.add(fmt::format("{}: id {} was given again by entry {} (key {})", truth_.service, id,
                                        entry.seq.value, entry.key));
    }
    ids_[id] = true;
    const auto member = name_member(truth_.service);
    if (!member.empty()) names_.push_back(tag_of(text_in(entry.answer.body, member)));
  }

  // The tags of names that are there twice.
  [[nodiscard]] std::set<std::uint64_t> repeated_names() {
    std::sort(names_.begin(), names_.end());
    std::set<std::uint64_t> repeated;
    for (std::size_t i = 1; i < names_.size(); ++i) {
      if (names_[i] == names_[i - 1]) repeated.insert(names_[i]);
    }
    return repeated;
  }

  ServiceTruth& truth() { return truth_; }

 private:
  Findings& findings_;
  ServiceTruth truth_;
  std::vector<bool> ids_;
  std::vector<std::uint64_t> names_;
};

// Calls `take` with every entry of the journal, in order, from after `after`.
template <class Take>
Result<void> each_entry(journal::Reader& reader, std::int64_t after, Take take) {
  for (;;) {
    const auto page = reader.entries(Seq{after}, kPage);
    if (!page) return page.error();
    for (const auto& entry : *page) take(entry);
    if (page->size() < kPage) return {};
    after = page->back().seq.value;
  }
}

bool same(const journal::Entry& a, const journal::Entry& b) {
  return a.seq == b.seq && a.hash == b.hash && a.key == b.key && a.answer.body == b.answer.body &&
         a.event.payload == b.event.payload;
}

// Where `other` is not a prefix of the page of `longest` that it should have too.
class Comparison {
 public:
  Comparison(const std::string& service, const OpenJournal& longest, OpenJournal& other, Findings& findings)
      : service_(service), longest_(longest), other_(other), findings_(findings) {}

  Result<void> compare(std::int64_t after, const std::vector<journal::Entry>& page) {
    if (differs_ || after >= other_.head) return {};
    const auto theirs = other_.reader->entries(Seq{after}, page.size());
    if (!theirs) return theirs.error();
    for (std::size_t i = 0; i < theirs->size() && !differs_; ++i) {
      if (i < page.size() && same(page[i], (*theirs)[i])) continue;
      differs_ = true;
      findings_.different.add(fmt::format("{}: the journal of {} differs from that of {} from entry {} on",
                                          service_, other_.node, longest_.node, (*theirs)[i].seq.value));
    }
    return {};
  }

 private:
  const std::string& service_;
  const OpenJournal& longest_;
  OpenJournal& other_;
  Findings& findings_;
  bool differs_ = false;
};

Result<void> read_all(const std::string& service, OpenJournal& longest, std::vector<Comparison>& comparisons,
                      JournalReading& reading, const JudgeProgress& progress) {
  std::int64_t after = 0;
  for (;;) {
    const auto page = longest.reader->entries(Seq{after}, kPage);
    if (!page) return page.error();
    if (page->empty()) return {};
    for (const auto& entry : *page) reading.take(entry);
    for (auto& comparison : comparisons) {
      if (auto compared = comparison.compare(after, *page); !compared) return compared;
    }
    after = page->back().seq.value;
    if (progress) progress(service + "'s journal", after, longest.head);
  }
}

Result<void> name_repeated(const std::string& service, OpenJournal& journal, JournalReading& reading,
                           Findings& findings) {
  for (const auto seq : reading.truth().ledger.close()) {
    findings.doubled.add(
        fmt::format("{}: a key came again with entry {}", service, describe(journal.file, seq)));
  }
  const auto repeated = reading.repeated_names();
  if (repeated.empty()) return {};
  std::set<std::uint64_t> seen;
  return each_entry(*journal.reader, 0, [&](const journal::Entry& entry) {
    const auto name = text_in(entry.answer.body, name_member(service));
    if (entry.answer.location.empty() || !repeated.contains(tag_of(name)) || seen.insert(tag_of(name)).second)
      return;
    findings.doubled.add(
        fmt::format("{}: '{}' appears again, entry {} (key {})", service, name, entry.seq.value, entry.key));
  });
}

}  // namespace

std::int64_t ServiceTruth::behind() const {
  if (nodes.empty()) return 0;
  const auto [least, most] = std::minmax_element(
      nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.entries < b.entries; });
  return most->entries - least->entries;
}

std::vector<NodeJournal> journals_in(const fs::path& data, std::string_view service) {
  std::vector<NodeJournal> found;
  for (const auto* node : {"a", "b", "c"}) {
    const auto file = data / fmt::format("{}-commands-{}", service, node) / "journal.db";
    std::error_code ignored;
    if (fs::exists(file, ignored)) found.push_back({node, file});
  }
  return found;
}

Result<ServiceTruth> read_journals(const std::string& service, const std::vector<NodeJournal>& journals,
                                   Findings& findings, const JudgeProgress& progress) {
  auto opened = open_all(journals);
  if (!opened) return opened.error();
  if (opened->empty())
    return Error{Retry::kNever, fmt::format("no journal of {} is there to judge by", service)};
  auto& longest = *std::max_element(opened->begin(), opened->end(),
                                    [](const auto& a, const auto& b) { return a.head < b.head; });
  std::vector<Comparison> comparisons;
  for (auto& one : *opened) {
    if (&one != &longest) comparisons.emplace_back(service, longest, one, findings);
  }
  JournalReading reading(service, longest, findings);
  for (const auto& one : *opened) reading.truth().nodes.push_back({one.node, one.head});
  if (auto read = read_all(service, longest, comparisons, reading, progress); !read) return read.error();
  if (auto named = name_repeated(service, longest, reading, findings); !named) return named.error();
  return std::move(reading.truth());
}

std::string describe(const fs::path& journal, std::int64_t seq) {
  auto reader = journal::Reader::open(journal);
  if (!reader) return fmt::format("{} ({})", seq, reader.error().what);
  const auto entries = (*reader)->entries(Seq{seq - 1}, 1);
  if (!entries || entries->empty()) return fmt::format("{}", seq);
  const auto& entry = entries->front();
  return fmt::format("{} (key {}, {}, {})", seq, entry.key, entry.event.type, entry.answer.body);
}

}  // namespace sportapp::lab
