#include "ops/supervisor/status.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <utility>

#include "base/json_reading.hpp"
#include "ops/instance/internal_client.hpp"
#include "ops/instance/ports.hpp"
#include "ops/supervisor/question.hpp"

namespace sportapp::supervisor {
namespace {

namespace json = boost::json;
constexpr const char* kFailing = "failing";

// Why a process is not ready, in its own words; empty where it is.
std::string why_not_ready(instance::InternalClient& client) {
  const auto answer = client.get("/health/ready");
  if (!answer || answer->status == 200) return {};
  const auto said = parse_object(answer->body);
  return said ? fmt::format("{}", fmt::join(texts_in(*said, "reasons"), "; ")) : std::string();
}

void ask_service(const instance::Instance& instance, StatusRow& row) {
  instance::InternalClient client(instance, row.host, row.port, kAskMs);
  const auto answer = client.get("/internal/status");
  json::error_code error;
  const auto said = answer && answer->status == 200 ? json::parse(answer->body, error) : json::value();
  row.state = kFailing;
  if (error || !said.is_object()) return;
  const auto& status = said.get_object();
  row.role = text_in(status, "role").value_or("");
  row.state = text_in(status, "state").value_or("");
  row.set_aside = number_in(status, "set_aside").value_or(0);
  row.open = number_in(status, "open").value_or(0);
  row.oldest_open_ms = number_in(status, "oldest_open_ms").value_or(0);
  row.epoch = number_in(status, "epoch").value_or(0);
  row.quarantined = number_in(status, "quarantined").value_or(0);
  row.base = number_in(status, "base").value_or(0);
  row.trouble = text_in(status, "trouble").value_or("");
  const auto unready = why_not_ready(client);
  row.trouble += (row.trouble.empty() || unready.empty() ? "" : "; ") + unready;
}

StatusRow row_of(const instance::Instance& instance, const instance::InstanceProcess& process) {
  StatusRow row{process.name,
                process.service,
                process.side,
                process.node,
                "",
                std::string(to_string(process.state)),
                process.id.pid,
                process.port,
                process.restarts,
                process.last_end,
                0,
                0,
                0,
                0,
                false,
                process.stopped_by,
                process.stopped_ms,
                0,
                process.host,
                0,
                ""};
  if (process.state != instance::ProcessState::kRunning) return row;
  if (!process.service.empty()) {
    ask_service(instance, row);
  } else if (!instance::listens(process.host, process.port)) {
    row.state = kFailing;
  }
  return row;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string time_of(std::int64_t wall_ms) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(wall_ms / 1000)));
}

// What of a process waits for something.
std::string waiting(const StatusRow& row) {
  std::string lines;
  if (!row.stopped_by.empty()) {
    lines += fmt::format("{0}: stopped by {1} since {2}; start it: sportapp start {0}\n", row.name,
                         row.stopped_by, time_of(row.stopped_ms));
  }
  if (row.set_aside > 0) {
    lines += fmt::format("{}: {} events set aside; see: sportapp events\n", row.name, row.set_aside);
  }
  if (row.quarantined > 0) {
    lines += fmt::format(
        "{}: {} requests quarantined, since they ended the process that executed them; see: "
        "sportapp ask {} /internal/quarantine\n",
        row.name, row.quarantined, row.name);
  }
  if (row.base > 0) {
    lines += fmt::format("{}: entries up to {} deleted by retention\n", row.name, row.base);
  }
  if (!row.trouble.empty()) lines += fmt::format("{}: {}\n", row.name, row.trouble);
  if (row.open > 0) {
    lines += fmt::format("{}: {} not ended yet, the oldest begun {:.1f} s ago\n", row.name, row.open,
                         static_cast<double>(row.oldest_open_ms) / 1000);
  }
  return lines;
}

std::string told(const ServiceView& service) {
  if (service.epoch == 0)
    return fmt::format("{}: no primary yet; {}\n", service.service, or_dash(service.alarm));
  auto line = fmt::format("{}: primary {}, epoch {}, in sync: {}", service.service, service.primary,
                          service.epoch, fmt::join(service.in_sync, ", "));
  if (!service.serving) line += "; it takes no commands now";
  if (!service.switchover.empty()) line += "; switching over to " + service.switchover;
  if (!service.alarm.empty()) line += "; " + service.alarm;
  return line + "\n";
}

json::object to_json(const StatusRow& row) {
  return {{"name", row.name},
          {"service", row.service},
          {"side", row.side},
          {"node", row.node},
          {"role", row.role},
          {"state", row.state},
          {"pid", row.pid},
          {"port", row.port},
          {"restarts", row.restarts},
          {"last_end", row.last_end},
          {"set_aside", row.set_aside},
          {"open", row.open},
          {"oldest_open_ms", row.oldest_open_ms},
          {"quarantined", row.quarantined},
          {"base", row.base},
          {"trouble", row.trouble},
          {"epoch", row.epoch},
          {"in_sync", row.in_sync},
          {"stopped_by", row.stopped_by},
          {"stopped_ms", row.stopped_ms}};
}

json::object to_json(const ServiceView& service) {
  json::array in_sync;
  for (const auto& node : service.in_sync) in_sync.emplace_back(node);
  return {{"service", service.service}, {"epoch", service.epoch},        {"primary", service.primary},
          {"serving", service.serving}, {"in_sync", std::move(in_sync)}, {"switchover", service.switchover},
          {"alarm", service.alarm}};
}

}  // namespace

Status ask_status(const instance::Instance& instance) {
  Status status;
  const bool linked = std::any_of(instance.processes.begin(), instance.processes.end(),
                                  [](const auto& process) { return process.link_port != 0; });
  if (auto failover = linked ? ask_failover(instance) : Result<FailoverView>()) {
    status.failover = std::move(*failover);
  } else {
    status.trouble = failover.error().what;
  }
  if (!instance.apart) {
    StatusRow supervisor;
    supervisor.name = "supervisor";
    supervisor.state = "running";
    supervisor.pid = instance.supervisor.pid;
    status.rows.push_back(std::move(supervisor));
  }
  for (const auto& process : instance.processes) {
    auto row = row_of(instance, process);
    const auto* service = process.side == "commands" ? status.failover.find(process.service) : nullptr;
    row.in_sync = service != nullptr && service->has_in_sync(process.node);
    const auto* node = service == nullptr ? nullptr : service->find(process.node);
    // What it told the monitor, where it says nothing itself any more.
    if (node != nullptr && row.trouble.empty() && !node->able) row.trouble = node->why;
    status.rows.push_back(std::move(row));
  }
  return status;
}

std::string status_json(const Status& status) {
  json::array processes, services;
  for (const auto& row : status.rows) processes.push_back(to_json(row));
  for (const auto& service : status.failover.services) services.push_back(to_json(service));
  return json::serialize(json::object{{"processes", std::move(processes)},
                                      {"services", std::move(services)},
                                      {"suspicions", status.failover.suspicions},
                                      {"false_alarms", status.failover.false_alarms}});
}

std::string status_table(const Status& status) {
  auto table = fmt::format("{:<20} {:<9} {:<10} {:>8} {:>6} {:>9}  {}\n", "NAME", "ROLE", "STATE", "PID",
                           "PORT", "RESTARTS", "LAST END");
  for (const auto& row : status.rows) {
    table += fmt::format("{:<20} {:<9} {:<10} {:>8} {:>6} {:>9}  {}\n", row.name, or_dash(row.role),
                         row.state, row.pid == 0 ? "-" : std::to_string(row.pid),
                         row.port == 0 ? "-" : std::to_string(row.port), row.restarts, or_dash(row.last_end));
  }
  if (!status.failover.services.empty()) table += "\n";
  for (const auto& service : status.failover.services) table += told(service);
  if (!status.failover.services.empty()) {
    table += fmt::format("suspected {} times, {} of them wrongly\n", status.failover.suspicions,
                         status.failover.false_alarms);
  }
  if (!status.trouble.empty()) table += status.trouble + "\n";
  for (const auto& row : status.rows) table += waiting(row);
  return table;
}

}  // namespace sportapp::supervisor
