#include "server/service/set_aside_answers.hpp"

#include <boost/json.hpp>
#include <utility>

#include "net/http/document.hpp"
#include "net/http/problem.hpp"

namespace sportapp::service {
namespace {

namespace json = boost::json;

http::Response answer(const Result<std::vector<domain::SetAside>>& found) {
  if (!found) return http::unavailable(found.error().what);
  json::array events;
  for (const auto& [source, event, reason] : *found) {
    events.push_back(json::object{
        {"source", source}, {"seq", event.seq.value}, {"type", event.event.type}, {"reason", reason}});
  }
  return http::document({{"set_aside", std::move(events)}});
}

}  // namespace

void add_set_aside_routes(http::Router& router, std::function<Result<std::vector<domain::SetAside>>()> list,
                          std::function<void(const http::Reply&)> retry) {
  router.add(
      "GET", "/internal/events/set-aside", http::Audience::kInternal,
      [list = std::move(list)](const http::Request&, const http::Reply& reply) { reply(answer(list())); });
  router.add("POST", "/internal/events/retry", http::Audience::kInternal,
             [retry = std::move(retry)](const http::Request&, const http::Reply& reply) { retry(reply); });
}

http::Response retry_under_way() {
  return http::problem(409, "Conflict", "events are being retried already");
}

http::Response retry_ended(std::int64_t retried, std::int64_t left) {
  return http::document({{"retried", retried}, {"left", left}});
}

}  // namespace sportapp::service
