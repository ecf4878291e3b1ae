#include "ops/supervisor/serving.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <set>

#include "net/http/client.hpp"
#include "ops/supervisor/question.hpp"

namespace sportapp::supervisor {
namespace {

namespace json = boost::json;

// commands of users, with what /health says of them.
template <class Act>
void each_side(const json::object& services, const Act& act) {
  for (const auto& [service, sides] : services) {
    for (const auto& [side, said] : sides.as_object()) {
      act(std::string(service), std::string(side), std::string(said.as_string()));
    }
  }
}

std::set<std::string> services_needing_person(const json::object& said) {
  std::set<std::string> services;
  if (const auto* told = said.if_contains("needs_person")) {
    for (const auto& service : told->as_array()) services.emplace(service.as_string());
  }
  return services;
}

}  // namespace

Result<Serving> read_health(std::string_view body) {
  try {
    const auto said = json::parse(json::string_view(body.data(), body.size())).as_object();
    const auto needing = services_needing_person(said);
    Serving serving;
    if (const auto* services = said.if_contains("services")) {
      serving.rest_needs_person = true;
      each_side(services->as_object(), [&](const auto& service, const auto& side, const auto& state) {
        serving.some |= state == "ok";
        if (state == "ok") return;
        serving.rest_needs_person &= side == "commands" && needing.contains(service);
        serving.missing.push_back(fmt::format("{}: {} are not served: {}", service, side, state));
      });
    } else if (const auto* monitor = said.if_contains("monitor")) {
      serving.missing.push_back(fmt::format("the monitor {}", std::string(monitor->as_string())));
    }
    if (const auto* degraded = said.if_contains("degraded")) {
      each_side(degraded->as_object(), [&](const auto& service, const auto& side, const auto& trouble) {
        serving.degraded.push_back(fmt::format("{}: {} are served, but {}", service, side, trouble));
      });
    }
    serving.all = serving.some && serving.missing.empty();
    serving.rest_needs_person &= !serving.missing.empty();
    return serving;
  } catch (const std::exception& failed) {
    return Error{Retry::kLater, fmt::format("the answer of /health is not understood: {}", failed.what())};
  }
}

Result<Serving> ask_health(const instance::Instance& instance) {
  http::Client client(instance.host, instance.port, kAskMs);
  const auto answer = client.get("/health");
  if (!answer) return answer.error();
  auto serving = read_health(answer->body);
  if (serving) serving->all &= answer->status == 200;
  return serving;
}

}  // namespace sportapp::supervisor
