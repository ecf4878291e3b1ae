#include "sim/http_form.hpp"

#include <algorithm>

#include "ha/hold/primary_location.hpp"
#include "net/http/problem.hpp"

namespace sportapp::simulator {
namespace {

int status_of(Said said) {
  switch (said) {
    case Said::kAdded:
      return 201;
    case Said::kTaken:
      return 409;
    case Said::kFound:
      return 200;
    case Said::kNotFound:
      return 404;
    case Said::kNotNow:
    case Said::kNotPrimary:
      return 503;
  }
  return 500;
}

}  // namespace

http::Request to_http(const Request& request) {
  http::Request given;
  given.method = "POST";
  given.body = encode(request);
  return given;
}

Request request_of(const http::Request& request) {
  return decode_request(request.body).value();
}

http::Response to_http(const Reply& reply) {
  if (reply.said == Said::kNotPrimary) return hold::not_primary(hold::Nowhere{});
  if (reply.said == Said::kNotNow) return http::unavailable("not now");
  http::Response response;
  response.status = status_of(reply.said);
  response.body = encode(reply);
  return response;
}

Reply reply_of(std::uint64_t request, const http::Response& response) {
  if (response.status == 503) {
    const bool not_primary =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [](const auto& header) { return header.first == hold::kNotPrimaryHeader; });
    return {request, not_primary ? Said::kNotPrimary : Said::kNotNow, 0};
  }
  auto reply = decode_reply(response.body).value();
  reply.request = request;
  return reply;
}

}  // namespace sportapp::simulator
