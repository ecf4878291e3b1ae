// The list of what is injected now, kept in the run's folder (injected.json) for whoever has to heal when all
// else failed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/injection.hpp"

namespace sportapp::lab {

struct InjectionList {
  process::ProcessId agent;
  process::ProcessId lab;                   // whose end heals all
  std::vector<process::ProcessId> guarded;  // instances: ended when the lab did not do it itself
  std::map<int, Injection> injections;      // by number
};

[[nodiscard]] std::filesystem::path injection_list_file(const std::filesystem::path& run);
[[nodiscard]] Result<void> write_injection_list(const std::filesystem::path& run,
                                                const InjectionList& injured);
// An error where the file is damaged; nothing where there is none.
[[nodiscard]] Result<std::optional<InjectionList>> read_injection_list(const std::filesystem::path& run);

// Heals what is left of a run whose lab and fault agent are gone, and says what was done, one line each; ends
// its instance. Waits for a fault agent that is at it. An error where the run is under way still, or
// something could not be healed.
[[nodiscard]] Result<std::vector<std::string>> heal_left(const std::filesystem::path& run);

// The same where the lab is there and only its fault agent is gone; the instance stays.
[[nodiscard]] Result<std::vector<std::string>> heal_listed(const std::filesystem::path& run);

// Asks it to end (it may be stopped), and kills it and its group after the time. Whether it had to be killed.
bool end_process(const process::ProcessId& id, int within_ms);

}  // namespace sportapp::lab
