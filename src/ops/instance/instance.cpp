#include "ops/instance/instance.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "base/files.hpp"
#include "base/json_reading.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/ports.hpp"

namespace sportapp::instance {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kStates{"starting", "running", "restarting", "stopping", "stopped"};

ProcessState state_of(std::string_view text) {
  for (std::size_t at = 0; at < kStates.size(); ++at) {
    if (kStates[at] == text) return static_cast<ProcessState>(at);
  }
  throw std::invalid_argument(fmt::format("unknown state '{}'", text));
}

json::object to_json(const InstanceProcess& process) {
  return {{"name", process.name},
          {"service", process.service},
          {"side", process.side},
          {"node", process.node},
          {"state", to_string(process.state)},
          {"pid", process.id.pid},
          {"start_time", process.id.start_time},
          {"port", process.port},
          {"restarts", process.restarts},
          {"last_end", process.last_end},
          {"link_port", process.link_port},
          {"stopped_by", process.stopped_by},
          {"stopped_ms", process.stopped_ms},
          {"host", process.host}};
}

process::ProcessId id_from(const json::object& object) {
  return {object.at("pid").to_number<pid_t>(), object.at("start_time").to_number<std::uint64_t>()};
}

// What the supervisor of an earlier version does not write.
std::int64_t number_or_0(const json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? 0 : value->to_number<std::int64_t>();
}

InstanceProcess process_from(const json::object& object) {
  return {text_at(object, "name"),
          text_at(object, "service"),
          text_at(object, "side"),
          text_at(object, "node"),
          state_of(text_at(object, "state")),
          id_from(object),
          object.at("port").to_number<std::uint16_t>(),
          object.at("restarts").to_number<int>(),
          text_at(object, "last_end"),
          static_cast<std::uint16_t>(number_or_0(object, "link_port")),
          object.contains("stopped_by") ? text_at(object, "stopped_by") : "",
          number_or_0(object, "stopped_ms"),
          object.contains("host") ? text_at(object, "host") : "127.0.0.1"};
}

Instance instance_from(const json::object& object) {
  Instance instance;
  instance.supervisor = id_from(object.at("supervisor").as_object());
  instance.host = text_at(object, "host");
  instance.port = object.at("port").to_number<std::uint16_t>();
  instance.data = text_at(object, "data");
  if (object.contains("key_file")) instance.key_file = text_at(object, "key_file");
  instance.started_ms = object.at("started_ms").to_number<std::int64_t>();
  instance.apart = object.contains("apart") && object.at("apart").as_bool();
  for (const auto& process : object.at("processes").as_array()) {
    instance.processes.push_back(process_from(process.as_object()));
  }
  if (const auto* notes = object.if_contains("notes")) {
    for (const auto& note : notes->as_array()) instance.notes.emplace_back(note.as_string());
  }
  return instance;
}

}  // namespace

std::string_view to_string(ProcessState state) {
  return kStates.at(static_cast<std::size_t>(state));
}

InstanceProcess process_of(const Member& member) {
  InstanceProcess process;
  process.name = member.name;
  process.service = member.service;
  process.side = member.side;
  process.node = member.node;
  process.port = member.port;
  process.link_port = member.link_port;
  process.host = member.host;
  return process;
}

std::string Instance::url() const {
  return "http://" + host_and_port(host, port);
}

Result<Instance> read_instance_file(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return Error{Retry::kLater, fmt::format("{} does not exist", file.string())};
  try {
    return instance_from(json::parse(*text).as_object());
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("{} is damaged: {}", file.string(), failed.what())};
  }
}

Result<Instance> read_instance(const std::filesystem::path& data) {
  const auto folder = normal_folder(data);
  auto instance = read_instance_file(Layout{folder}.instance_file());
  if (instance && process::is_alive(instance->supervisor)) return instance;
  return Error{Retry::kLater, fmt::format("no instance runs on {}; start one: ./sportapp up --data {}",
                                          folder.string(), folder.string())};
}

Result<void> write_instance_file(const std::filesystem::path& file, const Instance& instance) {
  json::array processes, notes;
  for (const auto& process : instance.processes) processes.push_back(to_json(process));
  for (const auto& note : instance.notes) notes.emplace_back(note);
  const auto& supervisor = instance.supervisor;
  const json::object object{{"supervisor", {{"pid", supervisor.pid}, {"start_time", supervisor.start_time}}},
                            {"host", instance.host},
                            {"port", instance.port},
                            {"data", instance.data.string()},
                            {"key_file", instance.key_file.string()},
                            {"started_ms", instance.started_ms},
                            {"apart", instance.apart},
                            {"processes", std::move(processes)},
                            {"notes", std::move(notes)}};
  return write_file(file, json::serialize(object) + "\n");
}

}  // namespace sportapp::instance
