#include "supervisor/status.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "http/client.hpp"
#include "supervisor/ports.hpp"

namespace sportapp::supervisor {
namespace {

namespace json = boost::json;
constexpr int kAskMs = 1000;
constexpr const char* kFailing = "failing";

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

void ask_service(StatusRow& row) {
  http::Client client("127.0.0.1", row.port, kAskMs);
  const auto answer = client.get("/internal/status");
  json::error_code error;
  const auto said = answer && answer->status == 200 ? json::parse(answer->body, error) : json::value();
  row.state = kFailing;
  if (error || !said.is_object()) return;
  const auto& status = said.get_object();
  row.role = text_of(status, "role");
  row.state = text_of(status, "state");
  row.set_aside = number_of(status, "set_aside");
  row.open = number_of(status, "open");
  row.oldest_open_ms = number_of(status, "oldest_open_ms");
}

StatusRow row_of(const InstanceProcess& process, const std::string& gateway_host) {
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
                0};
  if (process.state != ProcessState::kRunning) return row;
  if (!process.service.empty()) {
    ask_service(row);
  } else if (!listens(process.name == "gateway" ? gateway_host : "127.0.0.1", process.port)) {
    row.state = kFailing;
  }
  return row;
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string waiting(const StatusRow& row) {
  std::string lines;
  if (row.set_aside > 0) {
    lines += fmt::format("{}: {} events set aside; see: sportapp events\n", row.name, row.set_aside);
  }
  if (row.open > 0) {
    lines += fmt::format("{}: {} not ended yet, the oldest begun {:.1f} s ago\n", row.name, row.open,
                         static_cast<double>(row.oldest_open_ms) / 1000);
  }
  return lines;
}

}  // namespace

std::vector<StatusRow> ask_status(const Instance& instance) {
  std::vector<StatusRow> rows;
  StatusRow supervisor;
  supervisor.name = "supervisor";
  supervisor.state = "running";
  supervisor.pid = instance.supervisor.pid;
  rows.push_back(std::move(supervisor));
  for (const auto& process : instance.processes) rows.push_back(row_of(process, instance.host));
  return rows;
}

std::string status_json(const std::vector<StatusRow>& rows) {
  json::array processes;
  for (const auto& row : rows) {
    processes.push_back(json::object{{"name", row.name},
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
                                     {"oldest_open_ms", row.oldest_open_ms}});
  }
  return json::serialize(json::object{{"processes", std::move(processes)}});
}

std::string status_table(const std::vector<StatusRow>& rows) {
  auto table = fmt::format("{:<20} {:<9} {:<10} {:>8} {:>6} {:>9}  {}\n", "NAME", "ROLE", "STATE", "PID",
                           "PORT", "RESTARTS", "LAST END");
  for (const auto& row : rows) {
    table += fmt::format("{:<20} {:<9} {:<10} {:>8} {:>6} {:>9}  {}\n", row.name, or_dash(row.role),
                         row.state, row.pid == 0 ? "-" : std::to_string(row.pid),
                         row.port == 0 ? "-" : std::to_string(row.port), row.restarts, or_dash(row.last_end));
  }
  for (const auto& row : rows) table += waiting(row);
  return table;
}

}  // namespace sportapp::supervisor
