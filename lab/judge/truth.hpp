// What the services hold in the end, from the journals of SportApp's nodes or from the lists of any backend.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "lab/judge/finding.hpp"
#include "lab/judge/ledger.hpp"

namespace sportapp::lab {

struct NodeJournal {
  std::string node;
  std::filesystem::path file;
};

struct ServiceTruth {
  struct Node {
    std::string name;
    std::int64_t entries = 0;
  };
  struct EpochBegin {
    std::int64_t epoch = 0;
    std::int64_t time_ms = 0;  // wall clock of its first entry
  };
  explicit ServiceTruth(std::string name, Ledger::Source source) : service(std::move(name)), ledger(source) {}

  std::string service;
  Ledger ledger;
  std::filesystem::path journal;   // the longest; empty: there is none
  std::vector<Node> nodes;         // in the order given
  std::vector<EpochBegin> epochs;  // in their order
  // How many entries the shortest journal lacks.
  [[nodiscard]] std::int64_t behind() const;
};

// How much of something long is done.
using JudgeProgress = std::function<void(std::string_view what, std::int64_t done, std::int64_t of)>;

// The journals of each service's nodes in an instance's data folder, where there are any.
[[nodiscard]] std::vector<NodeJournal> journals_in(const std::filesystem::path& data,
                                                   std::string_view service);

// The longest one counts. Adds to `findings` what appears twice, and journals that are no prefix of it.
[[nodiscard]] Result<ServiceTruth> read_journals(const std::string& service,
                                                 const std::vector<NodeJournal>& journals, Findings& findings,
                                                 const JudgeProgress& progress);
// What stands at that place, for people.
[[nodiscard]] std::string describe(const std::filesystem::path& journal, std::int64_t seq);

// The list of a service as its queries give it now, by pages or whole. Adds to `findings` the names, or ids
// of orders, that it has twice.
struct ForeignBackend {
  std::string host;
  std::uint16_t port = 0;
  std::string base_path;
};
[[nodiscard]] Result<ServiceTruth> read_list(const std::string& service, const ForeignBackend& backend,
                                             Findings& findings);

}  // namespace sportapp::lab
