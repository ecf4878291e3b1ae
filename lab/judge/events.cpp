#include "lab/judge/events.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <set>
#include <utility>

namespace sportapp::lab {
namespace {

namespace json = boost::json;

constexpr std::string_view kPromote = "M6";
constexpr std::string_view kDrop = "M9";

bool holds(const MonitorEvent& event, const std::string& node) {
  return std::find(event.in_sync.begin(), event.in_sync.end(), node) != event.in_sync.end();
}

std::string_view role_of(const MonitorEvent& event, const std::string& node) {
  if (event.primary == node) return "primary";
  return holds(event, node) ? "spare" : "away";
}

// Those of one service, in order.
using OfService = std::vector<const MonitorEvent*>;

std::map<std::string, OfService> by_service(const std::vector<MonitorEvent>& events) {
  std::map<std::string, OfService> found;
  for (const auto& event : events) {
    if (!event.primary.empty()) found[event.service].push_back(&event);
  }
  for (auto& [service, list] : found) {
    std::stable_sort(list.begin(), list.end(),
                     [](const auto* a, const auto* b) { return a->at_us < b->at_us; });
  }
  return found;
}

void add_roles(const std::string& service, const OfService& events, std::int64_t end_us,
               std::vector<RoleSpan>& found) {
  std::set<std::string> nodes;
  for (const auto* event : events) {
    nodes.insert(event->primary);
    nodes.insert(event->in_sync.begin(), event->in_sync.end());
  }
  for (const auto& node : nodes) {
    std::optional<RoleSpan> open;
    for (const auto* event : events) {
      const auto role = role_of(*event, node);
      const auto at_us = std::clamp<std::int64_t>(event->at_us, 0, end_us);
      if (open && open->role == role) continue;
      if (open && open->from_us < at_us) {
        open->until_us = at_us;
        found.push_back(*open);
      }
      open = RoleSpan{service, node, std::string(role), at_us, end_us};
    }
    if (open && open->from_us < end_us) found.push_back(*open);
  }
}

// Of the wall clock's milliseconds.
std::int64_t load_us(std::int64_t wall_ms, std::int64_t started_wall_us) {
  return wall_ms * 1000 - started_wall_us;
}

std::optional<std::int64_t> first_entry_us(const ServiceTruth& truth, std::int64_t epoch,
                                           std::int64_t started_wall_us) {
  for (const auto& begun : truth.epochs) {
    if (begun.epoch >= epoch) return load_us(begun.time_ms, started_wall_us);
  }
  return std::nullopt;
}

bool strikes_on_purpose(FaultKind kind) {
  return kind == FaultKind::kSwitchover || kind == FaultKind::kRolling;
}

bool concerns(const InjectedFault& fault, const std::string& service) {
  const auto services = services_in(fault.target);
  return services.empty() || std::find(services.begin(), services.end(), service) != services.end();
}

// When the service may be struck again.
std::int64_t until_us(const Strikes& strikes, std::size_t index, const std::string& service) {
  const auto& faults = strikes.all();
  for (auto next = index + 1; next < faults.size(); ++next) {
    if (concerns(faults[next], service)) return faults[next].at_us;
  }
  return faults[index].at_us + 2 * kWatchedUs;
}

struct Window {
  std::int64_t from_us = 0;
  std::int64_t until_us = 0;
};

Recovery recovery(const OfService& events, const Window& window, const ServiceTruth* truth,
                  std::int64_t started_wall_us) {
  Recovery found;
  std::size_t before = 0;
  for (const auto* event : events) {
    // The monitor's clock is read in milliseconds: what it did at once may seem to be a moment early.
    if (event->at_us + 1000 <= window.from_us) {
      before = event->in_sync.size();
      continue;
    }
    if (event->at_us > window.until_us) break;
    const auto after_us = std::max<std::int64_t>(event->at_us - window.from_us, 0);
    const bool promoted = event->rule == kPromote;
    if (!found.detect_us && (promoted || event->rule == kDrop)) found.detect_us = after_us;
    if (!found.detect_us) continue;
    if (promoted && !found.take_over_us && truth != nullptr) {
      const auto entry_us = first_entry_us(*truth, event->epoch, started_wall_us);
      if (entry_us && *entry_us <= window.until_us)
        found.take_over_us = std::max(*entry_us - window.from_us, after_us);
    }
    if (event->in_sync.size() >= before && !promoted && event->rule != kDrop) {
      found.redundant_us = after_us;
      break;
    }
  }
  return found;
}

void take_longer(std::optional<std::int64_t>& time, const std::optional<std::int64_t>& other) {
  if (other) time = std::max(time.value_or(0), *other);
}

}  // namespace

std::optional<MonitorEvent> event_of(const std::string& line, std::int64_t started_wall_us) {
  try {
    const auto said = json::parse(line);
    const auto& object = said.as_object();
    const auto text = [&](const char* name) {
      return std::string(std::string_view(object.at(name).as_string()));
    };
    const auto& record = object.at("record").as_object();
    MonitorEvent event;
    event.at_us = load_us(object.at("time_ms").to_number<std::int64_t>(), started_wall_us);
    event.service = text("service");
    event.rule = text("rule");
    event.what = text("what");
    event.cause = text("cause");
    event.epoch = object.at("epoch").to_number<std::int64_t>();
    event.primary = std::string(std::string_view(record.at("primary").as_string()));
    for (const auto& member : record.at("in_sync").as_array()) {
      event.in_sync.emplace_back(std::string_view(member.as_object().at("node").as_string()));
    }
    return event;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::vector<MonitorEvent> read_events(const std::filesystem::path& monitor_folder,
                                      std::int64_t started_wall_us) {
  std::vector<MonitorEvent> events;
  for (const auto* name : {"events.jsonl.1", "events.jsonl"}) {
    std::ifstream in(monitor_folder / name, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      if (auto event = event_of(line, started_wall_us)) events.push_back(*std::move(event));
    }
  }
  return events;
}

std::vector<RoleSpan> roles(const std::vector<MonitorEvent>& events, std::int64_t end_us) {
  std::vector<RoleSpan> found;
  for (const auto& [service, list] : by_service(events)) add_roles(service, list, end_us, found);
  return found;
}

std::vector<Recovery> recoveries(const std::vector<MonitorEvent>& events, const Strikes& strikes,
                                 const std::vector<ServiceTruth>& truths, std::int64_t started_wall_us) {
  const auto services = by_service(events);
  std::vector<Recovery> found;
  for (std::size_t index = 0; index < strikes.all().size(); ++index) {
    const auto& fault = strikes.all()[index];
    if (strikes_on_purpose(fault.kind)) continue;
    Recovery whole{.fault = fault.number, .detect_us = {}, .take_over_us = {}, .redundant_us = {}};
    for (const auto& [service, list] : services) {
      if (!concerns(fault, service)) continue;
      const auto truth = std::find_if(truths.begin(), truths.end(),
                                      [&, &name = service](const auto& one) { return one.service == name; });
      const auto one = recovery(list, {fault.at_us, until_us(strikes, index, service)},
                                truth == truths.end() ? nullptr : &*truth, started_wall_us);
      take_longer(whole.detect_us, one.detect_us);
      take_longer(whole.take_over_us, one.take_over_us);
      take_longer(whole.redundant_us, one.redundant_us);
    }
    found.push_back(whole);
  }
  return found;
}

}  // namespace sportapp::lab
