#include "lab/healer/injury.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

namespace sportapp::lab {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

template <class Number>
Number number(const json::object& object, const char* name) {
  return object.at(name).to_number<Number>();
}

struct Describe {
  std::string operator()(const Frozen& frozen) const { return frozen.name + " is stopped (SIGSTOP)"; }
  std::string operator()(const Throttled& throttled) const {
    return fmt::format("{} has {} % of one core (control group {})", throttled.name, throttled.cpu_percent,
                       throttled.group.string());
  }
  std::string operator()(const Crowded& crowded) const {
    return fmt::format("{} processes compute beside it", crowded.processes);
  }
  std::string operator()(const DiskSpoilt& spoilt) const {
    const auto& folder = spoilt.folder.string();
    if (spoilt.trouble.is_full) return fmt::format("the disk of {} is full", folder);
    return fmt::format("each sync of {} takes {} ms longer", folder, spoilt.trouble.sync_delay_ms);
  }
  std::string operator()(const WaySpoilt& spoilt) const {
    return fmt::format("the way through port {} is {}, {}", spoilt.port, describe(spoilt.treatment),
                       to_string(spoilt.direction));
  }
  std::string operator()(const Noted& noted) const { return "healed by: " + noted.heal; }
};

struct ToJson {
  json::object operator()(const Frozen& frozen) const {
    return {{"injury", "frozen"}, {"name", frozen.name}, {"process", to_json(frozen.id)}};
  }
  json::object operator()(const Throttled& throttled) const {
    return {{"injury", "throttled"},
            {"name", throttled.name},
            {"process", to_json(throttled.id)},
            {"group", throttled.group.string()},
            {"home", throttled.home.string()},
            {"cpu_percent", throttled.cpu_percent}};
  }
  json::object operator()(const Crowded& crowded) const {
    return {{"injury", "crowded"}, {"processes", crowded.processes}};
  }
  json::object operator()(const DiskSpoilt& spoilt) const {
    return {{"injury", "disk"},
            {"table", spoilt.table.string()},
            {"folder", spoilt.folder.string()},
            {"sync_delay_ms", spoilt.trouble.sync_delay_ms},
            {"is_full", spoilt.trouble.is_full}};
  }
  json::object operator()(const WaySpoilt& spoilt) const {
    return {{"injury", "way"},
            {"port", spoilt.port},
            {"direction", to_string(spoilt.direction)},
            {"verb", to_string(spoilt.treatment.verb)},
            {"delay_ms", spoilt.treatment.delay_ms},
            {"bytes_per_s", spoilt.treatment.bytes_per_s}};
  }
  json::object operator()(const Noted& noted) const { return {{"injury", "noted"}, {"heal", noted.heal}}; }
};

WaySpoilt way_from(const json::object& object) {
  const auto direction_read = direction(text(object, "direction"));
  const auto verb_read = verb(text(object, "verb"));
  if (!direction_read || !verb_read) throw std::invalid_argument("a way's direction or verb is none");
  return {
      number<std::uint16_t>(object, "port"),
      *direction_read,
      {*verb_read, number<std::int64_t>(object, "delay_ms"), number<std::int64_t>(object, "bytes_per_s")}};
}

}  // namespace

std::string describe(const Injury& injury) {
  return std::visit(Describe{}, injury);
}

json::object to_json(const Injury& injury) {
  return std::visit(ToJson{}, injury);
}

json::object to_json(const process::ProcessId& id) {
  return {{"pid", id.pid}, {"start_time", id.start_time}};
}

process::ProcessId process_id_from(const json::object& object) {
  return {number<pid_t>(object, "pid"), number<std::uint64_t>(object, "start_time")};
}

Injury injury_from(const json::object& object) {
  const auto kind = text(object, "injury");
  if (kind == "frozen")
    return Frozen{text(object, "name"), process_id_from(object.at("process").as_object())};
  if (kind == "throttled") {
    return Throttled{text(object, "name"), process_id_from(object.at("process").as_object()),
                     text(object, "group"), text(object, "home"), number<int>(object, "cpu_percent")};
  }
  if (kind == "crowded") return Crowded{number<int>(object, "processes")};
  if (kind == "disk") {
    return DiskSpoilt{text(object, "table"),
                      text(object, "folder"),
                      {number<std::uint32_t>(object, "sync_delay_ms"), object.at("is_full").as_bool()}};
  }
  if (kind == "way") return way_from(object);
  if (kind == "noted") return Noted{text(object, "heal")};
  throw std::invalid_argument("no injury: " + kind);
}

}  // namespace sportapp::lab
