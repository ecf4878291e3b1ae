#include "service/view_set_aside.hpp"

#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <utility>

#include "http/problem.hpp"

namespace sportapp::service {
namespace {

namespace json = boost::json;

constexpr std::size_t kListedMax = 1000;  // in one list; more are there when these are gone

http::Response document(const json::object& object) {
  http::Response response;
  response.body = json::serialize(object);
  return response;
}

}  // namespace

ViewSetAside::ViewSetAside(std::string service, LiveModel& model, Loop& loop,
                           std::function<void()> on_applied)
    : service_(std::move(service)), model_(model), loop_(loop), on_applied_(std::move(on_applied)) {}
ViewSetAside::~ViewSetAside() = default;

void ViewSetAside::add_to(http::Router& router) {
  router.add("GET", "/internal/events/set-aside", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { reply(list()); });
  router.add("POST", "/internal/events/retry", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { retry(reply); });
}

http::Response ViewSetAside::list() const {
  if (model_.reader() == nullptr)
    return http::unavailable("the read model is not open at present; try again");
  const auto found = model_.reader()->set_aside({}, kListedMax);
  if (!found) return http::unavailable(found.error().what);
  json::array events;
  for (const auto& [event, reason] : *found) {
    events.push_back(json::object{
        {"source", service_}, {"seq", event.seq.value}, {"type", event.event.type}, {"reason", reason}});
  }
  return document({{"set_aside", std::move(events)}});
}

// On a thread of its own: it waits for the disk, and there may be much to apply.
void ViewSetAside::retry(const http::Reply& reply) {
  if (reply_) return reply(http::problem(409, "Conflict", "events are being retried already"));
  reply_ = reply;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    loop_.post([this, outcome = model_.retry_set_aside(stop)] { retried(outcome); });
  });
}

void ViewSetAside::retried(const Result<projection::Retried>& outcome) {
  const auto reply = *std::exchange(reply_, std::nullopt);
  model_.see_latest();
  if (!outcome) {
    spdlog::error("events set aside could not be retried: {}", outcome.error().what);
    return reply(http::unavailable(outcome.error().what));
  }
  spdlog::info("events set aside were retried, applied={} left={}", outcome->applied, outcome->left);
  if (outcome->applied > 0) on_applied_();
  reply(document({{"retried", outcome->applied}, {"left", outcome->left}}));
}

}  // namespace sportapp::service
