#include "server/monitor/failover_routes.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "base/json_reading.hpp"
#include "net/http/problem.hpp"

namespace sportapp::monitor {
namespace {

namespace json = boost::json;
constexpr std::size_t kEventsMax = 1000;

http::Response with_body(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http::Response outcome(const Result<void>& begun) {
  if (begun) return with_body(202, R"({"begun":true})");
  return http::problem(409, "Not possible now", begun.error().what);
}

std::optional<json::object> object_in(const http::Request& request) {
  json::error_code failed;
  auto said = json::parse(json::string_view(request.body.data(), request.body.size()), failed);
  if (failed || !said.is_object()) return std::nullopt;
  return std::move(said.get_object());
}

// Empty where it is absent or no text.
std::string text_of(const json::object& object, std::string_view name) {
  return text_in(object, name).value_or("");
}

void give_events(const Failover& failover, const http::Request& request, const http::Reply& reply) {
  const auto text = request.parameter("after").value_or("0");
  std::int64_t after = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), after);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || after < 0) {
    return reply(http::problem(400, "Bad request", "after is the number of an event"));
  }
  std::string body = R"({"events":[)";
  for (const auto& event : failover.log().after(after, kEventsMax)) {
    if (body.back() == '}') body += ',';
    body += event;
  }
  reply(with_body(200, body + "]}"));
}

// The answer goes out on the loop, whoever decided it.
Failover::Done answer_on(Loop& loop, const http::Reply& reply) {
  return [&loop, reply](const Result<void>& begun) {
    loop.post([reply, response = outcome(begun)] { reply(response); });
  };
}

}  // namespace

void add_failover_routes(http::Router& router, Failover& failover, Loop& loop) {
  using http::Audience;
  using http::Reply;
  using http::Request;
  router.add(
      "GET", "/internal/failover", Audience::kInternal,
      [&failover](const Request&, const Reply& reply) { reply(with_body(200, failover.status_json())); });
  router.add(
      "GET", "/internal/events", Audience::kInternal,
      [&failover](const Request& request, const Reply& reply) { give_events(failover, request, reply); });
  router.add(
      "POST", "/internal/switchover", Audience::kInternal,
      [&failover, &loop](const Request& request, const Reply& reply) {
        const auto wish = object_in(request);
        if (!wish || text_of(*wish, "service").empty()) {
          return reply(http::problem(400, "Bad request", R"(the body is {"service":"users","to":"b"})"));
        }
        failover.switch_over(text_of(*wish, "service"), text_of(*wish, "to"), answer_on(loop, reply));
      });
  router.add("POST", "/internal/promote", Audience::kInternal,
             [&failover, &loop](const Request& request, const Reply& reply) {
               const auto wish = object_in(request);
               const bool forced = wish && flag_in(*wish, "force").value_or(false);
               if (!forced || text_of(*wish, "service").empty() || text_of(*wish, "node").empty()) {
                 return reply(http::problem(400, "Bad request",
                                            R"(the body is {"service":"users","node":"b","force":true})"));
               }
               failover.force(text_of(*wish, "service"), text_of(*wish, "node"), answer_on(loop, reply));
             });
}

}  // namespace sportapp::monitor
