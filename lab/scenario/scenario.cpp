#include "lab/scenario/scenario.hpp"

#include <algorithm>
#include <limits>

#include "base/files.hpp"
#include "lab/scenario/scenario_tables.hpp"
#include "lab/scenario/target.hpp"

namespace sportapp::lab {
namespace {

using service::TomlReader;

constexpr double kHoursS = 24 * 3600;
constexpr std::int64_t kMsMax = 3'600'000;
constexpr double kFigureMax = 1e12;

enum class Model : std::uint8_t { kClosed, kOpen };
std::optional<Model> model(std::string_view text) {
  if (text == "closed") return Model::kClosed;
  return text == "open" ? std::optional(Model::kOpen) : std::nullopt;
}

std::optional<std::string> poison_how(std::string_view text) {
  if (text == "crash" || text == "hang" || text == "memory") return std::string(text);
  return std::nullopt;
}

void read_optional(TomlReader& table, std::string_view key, std::optional<double>& target, double least,
                   double most) {
  if (!table.has(key)) return;
  double value = least;
  table.read(key, value, least, most);
  target = value;
}

void read_steady(TomlReader& table, Steady& steady) {
  table.read("seconds", steady.seconds, 1, kHoursS);
  table.read("failed", steady.failed);
  read_optional(table, "p99_ms", steady.p99_ms, 0, static_cast<double>(kMsMax));
}

void read_load(TomlReader& table, TomlReader& mix, LoadOptions& load) {
  auto chosen = Model::kClosed;
  table.read("model", chosen, model, "closed, open");
  if (chosen == Model::kOpen) {
    table.require("rate_per_s");
    for (const auto* key : {"users", "think_ms"}) {
      if (table.has(key))
        table.refuse(key, std::string("'") + key + "' belongs to model = \"closed\"; open has rate_per_s");
    }
  } else if (table.has("rate_per_s")) {
    table.refuse("rate_per_s", "'rate_per_s' belongs to model = \"open\"; closed has users and think_ms");
  }
  table.read("users", load.clients, 1, 100'000);
  table.read("think_ms", load.think_ms, 0, kMsMax);
  table.read("rate_per_s", load.rate_per_s, 0.1, 100'000);
  table.read("timeout_ms", load.timeout_ms, 100, kMsMax);
  struct {
    const char* key;
    int& weight;
  } const weights[] = {{"register", load.mix.registers},
                       {"read", load.mix.reads},
                       {"list", load.mix.list_reads},
                       {"product", load.mix.products},
                       {"order", load.mix.orders}};
  int sum = 0;
  if (table.has("mix")) load.mix.registers = 0;
  for (const auto& [key, weight] : weights) {
    mix.read(key, weight, 0, 1000);
    sum += weight;
  }
  if (sum == 0)
    table.refuse("mix", "'mix' has no weight above 0; known: register, read, list, product, order");
}

void read_fault(TomlReader& table, PlannedFault& fault) {
  auto& plan = fault.plan;
  table.require("kind");
  table.read("kind", plan.kind, fault_kind, kKindNames);
  table.read("target", plan.target);
  if (plan.kind == FaultKind::kPoison && plan.target.empty()) plan.target = kPoisoned;
  table.read("at_s", fault.at_s, 0, kHoursS);
  read_optional(table, "every_s", fault.every_s, 0.1, kHoursS);
  table.read("from_s", fault.at_s, 0, kHoursS);
  table.read("until_s", fault.until_s, 0, kHoursS);
  table.read("after_redundant", plan.after_redundant);
  table.read("heal_after_ms", plan.heal_after_ms, 1, kMsMax);
  table.read("verb", plan.action, link_action, "drop, stall, delay, limit, close");
  table.read("direction", plan.direction, direction, "there, back, both");
  table.read("delay_ms", plan.delay_ms, 1, 60'000);
  table.read("bytes_per_s", plan.bytes_per_s, 1, std::int64_t{1} << 40);
  table.read("cpu_percent", plan.cpu_percent, 5, 100);
  table.read("how", plan.how, poison_how, "crash, hang, memory");
  table.read("inject", plan.inject);
  table.read("heal", plan.heal);
}

void read_random(TomlReader& table, RandomFaults& random) {
  std::vector<std::string> kinds;
  table.read("kinds", kinds);
  for (const auto& text : kinds) {
    if (const auto kind = fault_kind(text)) {
      random.kinds.push_back(*kind);
    } else {
      table.refuse("kinds", TomlReader::no_such(text, kKindNames));
    }
  }
  table.read("targets", random.targets);
  table.read("every_s", random.every_s, 0.1, kHoursS);
  table.read("from_s", random.from_s, 0, kHoursS);
  table.read("until_s", random.until_s, 0, kHoursS);
  table.read("heal_after_ms", random.heal_after_ms, 1, static_cast<double>(kMsMax));
  table.read("after_redundant", random.after_redundant);
}

// What a run must never show, unless the scenario says otherwise.
constexpr std::string_view kNever[] = {"failed", "lost",    "doubled",  "different",
                                       "stale",  "unasked", "reordered"};

void read_expect(TomlReader& table, Expect& expect) {
  for (const auto& measure : measures()) {
    const std::string name(measure.name);
    std::optional<double> most;
    std::optional<double> least;
    read_optional(table, name, most, 0, kFigureMax);
    read_optional(table, name + "_at_least", least, 0, kFigureMax);
    const bool in_percent = name == "failed" && table.has("failed_percent");
    const bool never = std::find(std::begin(kNever), std::end(kNever), name) != std::end(kNever);
    if (!most && never && !in_percent) most = 0;
    if (most) expect.expectations.push_back({name, Expectation::Bound::kAtMost, *most});
    if (least) expect.expectations.push_back({name, Expectation::Bound::kAtLeast, *least});
  }
  std::vector<std::string> kinds;
  table.read("refused_after", kinds);
  for (const auto& text : kinds) {
    if (const auto kind = fault_kind(text)) {
      expect.refused_after.push_back(*kind);
    } else {
      table.refuse("refused_after", TomlReader::no_such(text, kKindNames));
    }
  }
  read_optional(table, "redundant_within_s", expect.redundant_within_s, 0.1, 3600);
  read_optional(table, "memory_growth_percent", expect.memory_growth_percent, 0, 10'000);
}

}  // namespace

ScenarioTables::ScenarioTables(TomlReader& file)
    : root(file),
      steady(file.table("steady")),
      load(file.table("load")),
      mix(load.table("mix")),
      faults(file.tables("fault")),
      random(file.table("random")),
      tactics(file.table("tactics")),
      settings(file.table("settings")),
      expect(file.table("expect")) {}

void read_values(ScenarioTables& tables, Scenario& scenario) {
  auto& root = tables.root;
  root.read("title", scenario.title);
  root.require("title");
  root.read("description", scenario.description);
  if (root.has("seed")) {
    std::int64_t seed = 0;
    root.read("seed", seed, 0, std::numeric_limits<std::int64_t>::max());
    scenario.seed = static_cast<std::uint64_t>(seed);
  }
  root.read("duration_s", scenario.duration_s, 1, kHoursS);
  root.require("duration_s");
  read_steady(tables.steady, scenario.steady);
  read_load(tables.load, tables.mix, scenario.load);
  for (auto& table : tables.faults) {
    PlannedFault fault;
    fault.until_s = scenario.duration_s;
    read_fault(table, fault);
    scenario.faults.push_back(std::move(fault));
  }
  RandomFaults random;
  random.from_s = scenario.steady.seconds;
  random.until_s = scenario.duration_s;
  read_random(tables.random, random);
  if (root.has("random")) scenario.random = std::move(random);
  tables.tactics.read("level", scenario.level, level, kLevelNames);
  instance::read_settings(tables.settings, scenario.settings);
  read_expect(tables.expect, scenario.expect);
}

Result<Scenario> load_scenario(const std::filesystem::path& file) {
  auto reader = TomlReader::open(file);
  if (!reader) return reader.error();
  auto text = read_file(file);
  if (!text) return Error{Retry::kNever, file.string() + " cannot be read"};
  Scenario scenario;
  scenario.name = file.stem().string();
  scenario.text = std::move(*text);
  ScenarioTables tables(*reader);
  read_values(tables, scenario);
  if (auto read = reader->finish(); !read) return read.error();
  check_together(tables, scenario);
  if (auto checked = reader->finish(); !checked) return checked.error();
  return scenario;
}

}  // namespace sportapp::lab
