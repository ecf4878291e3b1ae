#include "lab/agent/injection.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "base/json_reading.hpp"
namespace sportapp::lab {
namespace {

namespace json = boost::json;

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
  std::string operator()(const CpuLoad& crowded) const {
    return fmt::format("{} processes compute beside it", crowded.processes);
  }
  std::string operator()(const DiskInjection& broken) const {
    const auto& folder = broken.folder.string();
    if (broken.trouble.is_full) return fmt::format("the disk of {} is full", folder);
    return fmt::format("each sync of {} takes {} ms longer", folder, broken.trouble.sync_delay_ms);
  }
  std::string operator()(const LinkInjection& broken) const {
    return fmt::format("the link through port {} is {}, {}", broken.port, describe(broken.rule),
                       to_string(broken.direction));
  }
  std::string operator()(const UndoCommand& noted) const { return "healed by: " + noted.heal; }
};

struct ToJson {
  json::object operator()(const Frozen& frozen) const {
    return {{"injection", "frozen"}, {"name", frozen.name}, {"process", to_json(frozen.id)}};
  }
  json::object operator()(const Throttled& throttled) const {
    return {{"injection", "throttled"},         {"name", throttled.name},
            {"process", to_json(throttled.id)}, {"group", throttled.group.string()},
            {"home", throttled.home.string()},  {"cpu_percent", throttled.cpu_percent}};
  }
  json::object operator()(const CpuLoad& crowded) const {
    return {{"injection", "crowded"}, {"processes", crowded.processes}};
  }
  json::object operator()(const DiskInjection& broken) const {
    return {{"injection", "disk"},
            {"table", broken.table.string()},
            {"folder", broken.folder.string()},
            {"sync_delay_ms", broken.trouble.sync_delay_ms},
            {"is_full", broken.trouble.is_full}};
  }
  json::object operator()(const LinkInjection& broken) const {
    return {{"injection", "link"},
            {"port", broken.port},
            {"direction", to_string(broken.direction)},
            {"verb", to_string(broken.rule.action)},
            {"delay_ms", broken.rule.delay_ms},
            {"bytes_per_s", broken.rule.bytes_per_s}};
  }
  json::object operator()(const UndoCommand& noted) const {
    return {{"injection", "noted"}, {"heal", noted.heal}};
  }
};

LinkInjection link_from(const json::object& object) {
  const auto direction_read = direction(text_at(object, "direction"));
  const auto verb_read = link_action(text_at(object, "verb"));
  if (!direction_read || !verb_read) throw std::invalid_argument("a link's direction or verb is none");
  return {
      number<std::uint16_t>(object, "port"),
      *direction_read,
      {*verb_read, number<std::int64_t>(object, "delay_ms"), number<std::int64_t>(object, "bytes_per_s")}};
}

}  // namespace

std::string describe(const Injection& injection) {
  return std::visit(Describe{}, injection);
}

json::object to_json(const Injection& injection) {
  return std::visit(ToJson{}, injection);
}

json::object to_json(const process::ProcessId& id) {
  return {{"pid", id.pid}, {"start_time", id.start_time}};
}

process::ProcessId process_id_from(const json::object& object) {
  return {number<pid_t>(object, "pid"), number<std::uint64_t>(object, "start_time")};
}

Injection injection_from(const json::object& object) {
  const auto kind = text_at(object, "injection");
  if (kind == "frozen")
    return Frozen{text_at(object, "name"), process_id_from(object.at("process").as_object())};
  if (kind == "throttled") {
    return Throttled{text_at(object, "name"), process_id_from(object.at("process").as_object()),
                     text_at(object, "group"), text_at(object, "home"), number<int>(object, "cpu_percent")};
  }
  if (kind == "crowded") return CpuLoad{number<int>(object, "processes")};
  if (kind == "disk") {
    return DiskInjection{text_at(object, "table"),
                         text_at(object, "folder"),
                         {number<std::uint32_t>(object, "sync_delay_ms"), object.at("is_full").as_bool()}};
  }
  if (kind == "link") return link_from(object);
  if (kind == "noted") return UndoCommand{text_at(object, "heal")};
  throw std::invalid_argument("no injection: " + kind);
}

}  // namespace sportapp::lab
