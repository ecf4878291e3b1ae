#include "server/queries/view_set_aside.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "net/http/problem.hpp"
#include "server/service/set_aside_answers.hpp"

namespace sportapp::queries {

ViewSetAside::ViewSetAside(std::string service, LiveModel& model, Loop& loop,
                           std::function<void()> on_applied)
    : service_(std::move(service)), model_(model), loop_(loop), on_applied_(std::move(on_applied)) {}
ViewSetAside::~ViewSetAside() = default;

void ViewSetAside::add_to(http::Router& router) {
  service::add_set_aside_routes(
      router, [this] { return list(); }, [this](const http::Reply& reply) { retry(reply); });
}

Result<std::vector<domain::SetAside>> ViewSetAside::list() const {
  auto* reader = model_.reader();
  if (reader == nullptr) return Error{Retry::kLater, "the read model is not open at present; try again"};
  auto found = reader->set_aside({}, service::kSetAsideListedMax);
  if (!found) return found.error();
  std::vector<domain::SetAside> events;
  for (auto& [event, reason] : *found) events.push_back({service_, std::move(event), std::move(reason)});
  return events;
}

// On a thread of its own: it waits for the disk, and there may be much to apply.
void ViewSetAside::retry(const http::Reply& reply) {
  if (reply_) return reply(service::retry_under_way());
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
  reply(service::retry_ended(static_cast<std::int64_t>(outcome->applied),
                             static_cast<std::int64_t>(outcome->left)));
}

}  // namespace sportapp::queries
