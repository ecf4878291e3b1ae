#include "server/monitor/health.hpp"

#include <boost/json.hpp>
#include <map>
#include <utility>

#include "base/json_reading.hpp"
namespace sportapp::monitor {

namespace {

namespace json = boost::json;

struct Side {
  bool served = false;
  std::vector<std::string> troubles;

  void add(std::string trouble) {
    if (!trouble.empty()) troubles.push_back(std::move(trouble));
  }
  [[nodiscard]] std::string told() const {
    std::string text;
    for (const auto& trouble : troubles) text += (text.empty() ? "" : "; ") + trouble;
    return text;
  }
};

// As a process says it that knows no primary (src/server/commands/commands.cpp).
constexpr std::string_view kNoPrimary = "no primary is known";
constexpr std::string_view kJournalFails = "the journal fails: ";

// A process that is not ready answers with its reasons, which are enough: `answers 503 {"status":"not
// ready","reasons":[...]}`.
std::string words_of(const std::string& trouble) {
  const auto at = trouble.find('{');
  if (!trouble.starts_with("answers ") || at == std::string::npos) return trouble;
  const auto said = parse_object(trouble.substr(at));
  if (!said) return trouble;
  Side side;
  for (auto& reason : texts_in(*said, "reasons")) side.add(std::move(reason));
  return side.troubles.empty() ? trouble : side.told();
}

// Whether a node's reason stands in the monitor's words already, which has it from the node itself.
bool says(const std::string& trouble, std::string_view words) {
  if (words.starts_with(kJournalFails)) words.remove_prefix(kJournalFails.size());
  return trouble.find(words) != std::string::npos;
}

using Sides = std::map<std::string, std::map<std::string, Side>>;

Sides sides_of(const std::vector<Watched>& processes, const std::map<std::string, CommandsSide>& commands) {
  Sides sides;
  for (const auto& [service, told] : commands) sides[service]["commands"].add(told.trouble);
  for (const auto& process : processes) {
    auto& side = sides[process.service][process.side];
    const auto told = process.side == "commands" ? commands.find(process.service) : commands.end();
    const bool counts =
        told == commands.end() || (told->second.trouble.empty() && told->second.primary == process.node);
    side.served |= counts && process.trouble.empty();
    if (process.trouble.empty()) continue;
    const auto words = words_of(process.trouble);
    // Each node says so of a service without a primary; why there is none was said above.
    const bool is_known = told != commands.end() && !told->second.trouble.empty() &&
                          (words == kNoPrimary || says(told->second.trouble, words));
    if (!is_known) side.add(process.name + ": " + words);
  }
  return sides;
}

}  // namespace

Health health_of(const std::vector<Watched>& processes, const std::map<std::string, CommandsSide>& commands) {
  Health health{true, {}};
  json::object told, degraded;
  for (const auto& [service, sides] : sides_of(processes, commands)) {
    json::object sides_told, sides_degraded;
    for (const auto& [name, side] : sides) {
      sides_told[name] = side.served ? "ok" : side.told();
      if (side.served && !side.troubles.empty()) sides_degraded[name] = side.told();
      health.ok &= side.served;
    }
    told[service] = std::move(sides_told);
    if (!sides_degraded.empty()) degraded[service] = std::move(sides_degraded);
  }
  json::object body{{"status", health.ok ? "ok" : "unavailable"}, {"services", std::move(told)}};
  if (!degraded.empty()) body["degraded"] = std::move(degraded);
  json::array needs_person;
  for (const auto& [service, side] : commands) {
    if (side.needs_person) needs_person.emplace_back(service);
  }
  if (!needs_person.empty()) body["needs_person"] = std::move(needs_person);
  health.body = json::serialize(body);
  return health;
}

}  // namespace sportapp::monitor
