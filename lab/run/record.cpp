#include "lab/run/record.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>
#include <utility>

#include "base/files.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::int64_t kFormat = 1;
constexpr const char* kRecordName = "run.json";
constexpr const char* kScenarioName = "scenario.toml";

json::value growth_json(const std::vector<Growth>& growth) {
  json::array list;
  for (const auto& one : growth) list.push_back(json::array{one.at_s, one.memory_mib, one.journal_mib});
  return list;
}

std::vector<Growth> growth_from(const json::value& list) {
  std::vector<Growth> growth;
  for (const auto& one : list.as_array()) {
    const auto& figures = one.as_array();
    growth.push_back({figures.at(0).to_number<double>(), figures.at(1).to_number<double>(),
                      figures.at(2).to_number<double>()});
  }
  return growth;
}

json::value backend_json(const std::optional<ForeignBackend>& backend) {
  if (!backend) return nullptr;
  return json::object{{"host", backend->host}, {"port", backend->port}, {"base_path", backend->base_path}};
}

std::optional<ForeignBackend> backend_from(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return ForeignBackend{std::string(value.at("host").as_string()),
                        value.at("port").to_number<std::uint16_t>(),
                        std::string(value.at("base_path").as_string())};
}

void read_members(const json::object& object, RunRecord& record) {
  const auto text = [&](const char* name) { return std::string(object.at(name).as_string()); };
  record.scenario.name = text("scenario");
  record.seed = object.at("seed").to_number<std::uint64_t>();
  record.duration_s = object.at("duration_s").to_number<double>();
  if (const auto* name = object.at("level").if_string()) record.tactics = tactics_of(level(*name).value());
  record.label = text("label");
  record.subject = text("subject");
  record.backend = backend_from(object.at("backend"));
  record.started_wall_us = object.at("started_wall_us").to_number<std::int64_t>();
  record.load_us = object.at("load_us").to_number<std::int64_t>();
  record.watched_us = object.at("watched_us").to_number<std::int64_t>();
  record.planned = object.at("planned").to_number<int>();
  record.machine = result::machine_from(object.at("machine").as_object());
  for (const auto& trouble : object.at("troubles").as_array())
    record.troubles.emplace_back(trouble.as_string());
  const auto& redundant = object.at("redundant_after_s");
  if (!redundant.is_null()) record.redundant_after_s = redundant.to_number<double>();
  record.growth = growth_from(object.at("growth"));
  record.repeat = text("repeat");
}

}  // namespace

Result<void> write_record(const fs::path& run, const RunRecord& record) {
  json::array troubles;
  for (const auto& trouble : record.troubles) troubles.emplace_back(trouble);
  json::object object{{"format", kFormat},
                      {"scenario", record.scenario.name},
                      {"seed", record.seed},
                      {"duration_s", record.duration_s},
                      {"level", nullptr},
                      {"label", record.label},
                      {"subject", record.subject},
                      {"backend", backend_json(record.backend)},
                      {"started_wall_us", record.started_wall_us},
                      {"load_us", record.load_us},
                      {"watched_us", record.watched_us},
                      {"planned", record.planned},
                      {"machine", to_json(record.machine)},
                      {"troubles", std::move(troubles)},
                      {"redundant_after_s", nullptr},
                      {"growth", growth_json(record.growth)},
                      {"repeat", record.repeat}};
  if (record.tactics) object["level"] = std::string(to_string(record.tactics->level));
  if (record.redundant_after_s) object["redundant_after_s"] = *record.redundant_after_s;
  auto written = write_file(run / kScenarioName, record.scenario.text);
  return written ? write_file(run / kRecordName, json::serialize(object) + "\n") : written;
}

Result<RunRecord> read_record(const fs::path& run) {
  auto scenario = load_scenario(run / kScenarioName);
  if (!scenario) return scenario.error();
  const auto file = run / kRecordName;
  const auto text = read_file(file);
  if (!text)
    return Error{Retry::kNever, fmt::format("{} cannot be read; is it a run's folder?", file.string())};
  RunRecord record;
  record.scenario = std::move(*scenario);
  try {
    read_members(json::parse(*text).as_object(), record);
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("{}: not a run's record: {}", file.string(), failed.what())};
  }
  return record;
}

std::string utc(std::int64_t wall_us) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(wall_us / kSecondUs)));
}

}  // namespace sportapp::lab
