// The gateway's configuration: NGINX does the retries and says the problems that no service can say.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "net/http/problem.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/ports.hpp"
#include "ops/instance/template.hpp"

namespace sportapp::instance {
namespace {

struct Problem {
  int status;
  const char* title;
  const char* detail;
  const char* header = "";  // name and value
};

constexpr std::array kProblems{
    Problem{400, "Bad request", "The request is not well-formed HTTP; see RFC 9112."},
    Problem{404, "Not found", "There is no such route; see docs/openapi.yaml for those there are."},
    Problem{405, "Method not allowed", "This method is not served here.", "Allow \"GET, HEAD, POST, PUT\""},
    Problem{408, "Request timeout", "The request did not arrive whole in time; send it again."},
    Problem{413, "Content too large", "The body is longer than is taken; send a shorter one."},
    Problem{414, "URI too long", "The request target is longer than is taken; send a shorter one."},
    Problem{429, "Too many requests", "This address sends more requests a second than allowed; slow down.",
            "Retry-After 1"},
    Problem{431, "Request header fields too large", "A header is longer than is taken; send shorter ones."},
    Problem{500, "Internal server error", "The gateway failed; its log says why."},
    Problem{503, "Service unavailable", "The service behind this route does not answer now; try again.",
            "Retry-After 1"},
};

std::vector<TemplateValues> problem_values() {
  std::vector<TemplateValues> values;
  for (const auto& problem : kProblems) {
    values.push_back({{{"status", std::to_string(problem.status)},
                       {"body", http::problem(problem.status, problem.title, problem.detail).body},
                       {"header", problem.header}},
                      {}});
  }
  return values;
}

// `in_turn`: the first is asked, the others where it does not answer.
std::vector<TemplateValues> addresses(const Layout& layout, const std::vector<Member>& members,
                                      bool in_turn) {
  std::vector<TemplateValues> values;
  for (const auto& member : members) {
    const auto socket = way_to(layout, member);
    const auto address = socket.empty() ? host_and_port(member.host, member.port) : "unix:" + socket.string();
    values.push_back({{{"address", address}, {"backup", in_turn && !values.empty() ? " backup" : ""}}, {}});
  }
  return values;
}

// The collection itself and what lies below it, and nothing that merely begins alike.
void add_routes(std::vector<TemplateValues>& routes, const std::string& service, const std::string& side,
                int try_ms) {
  const auto path = fmt::format("/api-{}/{}", side, service);
  for (const auto& match : {"= " + path, path + "/"}) {
    routes.push_back({{{"match", match},
                       {"upstream", fmt::format("{}-{}", service, side)},
                       {"try_ms", std::to_string(try_ms)},
                       {"may_wait", side == "queries" ? "yes" : ""}},
                      {}});
  }
}

bool has_first_try(const Settings& settings) {
  return settings.tactics.retry && settings.gateway.first_try_ms > 0;
}

std::vector<TemplateValues> service_values(const Layout& layout, const Settings& settings,
                                           const std::vector<Member>& members) {
  std::vector<std::string> names;
  for (const auto& member : members) {
    if (member.kind == Kind::kCommands &&
        std::find(names.begin(), names.end(), member.service) == names.end()) {
      names.push_back(member.service);
    }
  }
  std::vector<TemplateValues> values;
  for (const auto& name : names) {
    TemplateValues service{{{"service", name}}, {}};
    service.lists["commands"] = addresses(layout, members_of(members, name, Kind::kCommands), true);
    service.lists["queries"] = addresses(layout, members_of(members, name, Kind::kQueries), false);
    for (const auto& [side, timeout_ms] : {std::pair("commands", settings.gateway.commands_timeout_ms),
                                           std::pair("queries", settings.gateway.queries_timeout_ms)}) {
      add_routes(service.lists["routes"], name, side,
                 has_first_try(settings) ? settings.gateway.first_try_ms : timeout_ms);
      service.lists["sides"].push_back(
          {{{"upstream", fmt::format("{}-{}", name, side)}, {"timeout_ms", std::to_string(timeout_ms)}}, {}});
    }
    values.push_back(std::move(service));
  }
  return values;
}

rlim_t open_files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

std::string seconds(int milliseconds) {
  return std::to_string(std::max(1, milliseconds / 1000));
}

// Upstream connections are given up before the service closes them, so that none breaks under a request.
int upstream_idle_ms(const http::Limits& limits) {
  return std::max(1000, std::min(60'000, limits.idle_timeout_ms - 2000));
}

}  // namespace

Result<std::string> gateway_config(const Layout& layout, const Settings& settings,
                                   const std::vector<Member>& members) {
  const auto& gateway = settings.gateway;
  const auto& limits = settings.limits;
  const auto& monitor = member_of(members, Kind::kMonitor);
  const auto open_files =
      std::min<rlim_t>(open_files_max(), static_cast<rlim_t>(gateway.connections) * 2 + 512);
  const bool retry = settings.tactics.retry;
  const bool first_try = has_first_try(settings);
  TemplateValues values;
  values.text = {
      {"user", ::geteuid() == 0 ? "root" : ""},
      {"folder", layout.working_folder("gateway").string()},
      {"error_log", layout.foreground ? "stderr" : layout.log("gateway").string()},
      {"access_log", layout.gateway_access_log().string()},
      {"workers", std::to_string(gateway.workers)},
      {"connections", std::to_string(gateway.connections)},
      {"open_files", std::to_string(open_files)},
      {"shutdown_s", std::to_string(kGatewayShutdownS)},
      {"request_timeout_s", seconds(limits.request_timeout_ms)},
      {"answer_timeout_s", seconds(limits.answer_timeout_ms)},
      {"queries_timeout_ms", std::to_string(gateway.queries_timeout_ms)},
      {"header_bytes", std::to_string(limits.header_bytes)},
      {"body_bytes", std::to_string(limits.body_bytes)},
      {"rate_limit", gateway.rate_limit_per_s > 0 ? std::to_string(gateway.rate_limit_per_s) : ""},
      // Without `retry` as NGINX does it by itself: a command that was sent is not sent again.
      {"next_upstream", retry ? "error timeout http_502 http_503 non_idempotent" : "error timeout"},
      {"next_upstream_of_waits", retry ? "error timeout http_502 non_idempotent" : "error timeout"},
      {"upstream_idle_s", seconds(upstream_idle_ms(limits))},
      {"first_try", first_try ? "yes" : ""},
      // One that was silent is asked less often for a moment, where the others get what it did not answer.
      {"when_it_fails", first_try ? "max_fails=1 fail_timeout=1s" : "max_fails=0"},
      {"monitor", host_and_port(monitor.host, monitor.port)},
      {"listen", host_and_port(gateway.host, gateway.port)},
      {"monitor_gone", R"({"status":"unavailable","monitor":"does not answer"})"},
  };
  values.lists["problems"] = problem_values();
  values.lists["services"] = service_values(layout, settings, members);
  return render(gateway_template(), values);
}

}  // namespace sportapp::instance
