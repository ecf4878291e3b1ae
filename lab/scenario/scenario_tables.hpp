// A scenario's file by its tables, so that what was read can still be refused at its line.
#pragma once
#include <string>
#include <vector>

#include "lab/scenario/scenario.hpp"
#include "server/service/toml_reader.hpp"

namespace sportapp::lab {

struct ScenarioTables {
  explicit ScenarioTables(service::TomlReader& file);
  service::TomlReader& root;
  service::TomlReader steady;
  service::TomlReader load;
  service::TomlReader mix;
  std::vector<service::TomlReader> faults;
  service::TomlReader random;
  service::TomlReader tactics;
  service::TomlReader settings;
  service::TomlReader expect;
};

// Each value by itself; and then what does not fit together. Both only refuse.
void read_values(ScenarioTables& tables, Scenario& scenario);
void check_together(ScenarioTables& tables, const Scenario& scenario);

// Whether a fault of this kind can be brought upon this by chance, with nothing else said about it.
[[nodiscard]] bool fits(FaultKind kind, const std::string& target);

}  // namespace sportapp::lab
