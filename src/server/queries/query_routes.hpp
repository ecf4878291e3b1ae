// GET /api-queries/SERVICE (all, a page, by a unique field) and GET /api-queries/SERVICE/{id}.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/projection.hpp"
#include "net/http/message.hpp"
#include "net/http/router.hpp"
#include "server/queries/live_model.hpp"
#include "server/service/position_waiters.hpp"

namespace sportapp::queries {

// Loop thread only; must outlive the server's last answer.
class QueryRoutes {
 public:
  QueryRoutes(const domain::Projection& projection, LiveModel& model, service::PositionWaiters& waiters);
  void add_to(http::Router& router);

 private:
  using Answer = http::Response (QueryRoutes::*)(const http::Request&);

  // Answers once the model holds what the request asks for.
  void serve(const http::Request& request, const http::Reply& reply, Answer answer);
  http::Response collection(const http::Request& request);
  http::Response single(const http::Request& request);

  http::Response page(Id after, std::size_t limit);
  http::Response whole(Id after);
  // The array with the one view that every filter of the request finds; nothing where it has no filter.
  std::optional<http::Response> filtered(const http::Request& request);
  http::Response unreadable(const Error& error);

  const std::string service_;
  const std::string path_;
  const std::vector<domain::Filter> filters_;
  LiveModel& model_;
  service::PositionWaiters& waiters_;
};

}  // namespace sportapp::queries
