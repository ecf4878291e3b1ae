// Events that a queries process could not show: GET /internal/events/set-aside, POST /internal/events/retry.
#pragma once
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/loop.hpp"
#include "domain/set_aside.hpp"
#include "net/http/router.hpp"
#include "server/queries/live_model.hpp"

namespace sportapp::queries {

class ViewSetAside {
 public:
  // `on_applied`, on the loop: events were applied later than their turn, so what came after them may be
  // hidden under what they say, until the read model is recreated. All references must outlive it; destroyed
  // when the loop has ended.
  ViewSetAside(std::string service, LiveModel& model, Loop& loop, std::function<void()> on_applied);
  ~ViewSetAside();  // ends a retry that runs, between two transactions
  void add_to(http::Router& router);

 private:
  [[nodiscard]] Result<std::vector<domain::SetAside>> list() const;
  void retry(const http::Reply& reply);
  void retried(const Result<projection::Retried>& outcome);

  const std::string service_;
  LiveModel& model_;
  Loop& loop_;
  const std::function<void()> on_applied_;
  std::optional<http::Reply> reply_;  // loop thread: of the retry under way
  std::jthread thread_;               // last: ends before the rest
};

}  // namespace sportapp::queries
