// The judge: what the clients saw against what the services hold, and what of it was expected.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lab/fault/fault_log.hpp"
#include "lab/judge/events.hpp"
#include "lab/judge/expectation.hpp"
#include "lab/judge/finding.hpp"
#include "lab/judge/outages.hpp"
#include "lab/judge/tally.hpp"
#include "lab/judge/truth.hpp"

namespace sportapp::lab {

struct Evidence {
  std::filesystem::path requests;  // the log of the load
  std::int64_t duration_us = 0;    // from the load's start until it was stopped
  std::vector<InjectedFault> faults;
  std::vector<MonitorEvent> events;
  std::int64_t started_wall_us = 0;  // the wall clock at the load's start
  // The truth: of SportApp the journals of each service's nodes, of another backend its lists; both where the
  // lists are to be judged too. Neither: only the log is judged.
  std::map<std::string, std::vector<NodeJournal>> journals{};
  std::optional<ForeignBackend> backend{};
  std::vector<std::string> listed{"users"};  // services whose lists the backend has
  JudgeRules rules{};
  std::vector<Expectation> expectations{};
  JudgeProgress progress{};
};

struct BrokenExpectation {
  std::string what;
  std::string wanted;
  std::string found;
};

struct Judgement {
  bool pass = false;
  std::string line;  // the verdict in one
  std::vector<BrokenExpectation> broken;
  Tallied tallied;
  Findings findings;
  std::vector<Outage> outages;
  std::vector<Recovery> recoveries;
  std::vector<RoleSpan> roles;
  std::vector<InjectedFault> faults;
  std::vector<MonitorEvent> events;  // during the load, and until it was redundant again
  std::vector<std::pair<std::string, std::vector<ServiceTruth::Node>>> journals;  // by service
  std::map<std::string, std::optional<double>, std::less<>> measures;  // nothing: there was none to measure
};

// Reads the log and the truth once each. An error: there is nothing to judge by.
[[nodiscard]] Result<Judgement> judge(const Evidence& evidence);

}  // namespace sportapp::lab
