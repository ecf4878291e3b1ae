// An instance of a few plain processes, for tests of faults: sleepers by the names of ours, with folders of
// their own.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lab/agent/testing.hpp"
#include "lab/fault/subject.hpp"

namespace sportapp::lab::testing {

class Sleepers final : public Subject {
 public:
  explicit Sleepers(std::filesystem::path folder) : folder_(std::move(folder)) {
    for (const auto* name : {"users-commands-a", "users-commands-b", "monitor"}) start(name);
    roles_ = {{"users.primary", {"users-commands-a"}},
              {"users.spare", {"users-commands-b"}},
              {"users.both", {"users-commands-a", "users-commands-b"}},
              {"monitor", {"monitor"}}};
  }
  void start(const std::string& name) {
    std::filesystem::create_directories(folder_ / name);
    processes_.insert_or_assign(name, start_task("exec sleep 600", folder_));
  }
  void set(const std::string& role, std::vector<std::string> names) { roles_[role] = std::move(names); }
  [[nodiscard]] Task& process(const std::string& name) { return processes_.at(name); }
  [[nodiscard]] std::filesystem::path data(const std::string& name) const { return folder_ / name; }

  Result<std::vector<TargetProcess>> who(std::string_view target) override {
    const auto found = roles_.find(std::string(target));
    if (found == roles_.end()) return Error{Retry::kNever, fmt::format("there is no '{}'", target)};
    std::vector<TargetProcess> targets;
    for (const auto& name : found->second) {
      const auto id = process::identify(processes_.at(name).pid());
      if (id) targets.push_back({name, *id, folder_ / name});
    }
    if (targets.empty()) return Error{Retry::kLater, fmt::format("nobody is '{}' now", target)};
    return targets;
  }
  std::string not_redundant() override {
    ++asked_;
    return asked_ > redundant_after_asked_ ? "" : "users has no spare";
  }
  std::vector<std::string> command(std::vector<std::string> arguments) override {
    arguments.insert(arguments.begin(), program_);
    return arguments;
  }
  void set_redundant_after(int asked) { redundant_after_asked_ = asked; }
  [[nodiscard]] int asked() const { return asked_; }
  void set_program(std::string program) { program_ = std::move(program); }

 private:
  const std::filesystem::path folder_;
  std::map<std::string, Task> processes_;
  std::map<std::string, std::vector<std::string>> roles_;
  std::string program_ = "echo";
  int asked_ = 0;
  int redundant_after_asked_ = 0;
};

}  // namespace sportapp::lab::testing
