// Any bytes as a request target: the router answers exactly once, an internal route is never reached without
// the key or through the gateway, and what a parameter decodes to is text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http/content.hpp"
#include "net/http/message.hpp"
#include "net/http/router.hpp"

namespace {

using namespace sportapp::http;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Counting : Reply::Target {
  void send(Response response) override {
    ++answers;
    status = response.status;
  }
  int answers = 0;
  int status = 0;
};

struct Routes {
  Routes() {
    for (const auto* pattern : {"/api-queries/users", "/api-queries/users/{id}", "/health"}) {
      router.add("GET", pattern, Audience::kPublic, [](const Request& request, const Reply& reply) {
        for (const auto* name : {"username", "email", "limit", "after"}) {
          const auto value = request.parameter(name);
          require(!value || (is_utf8(*value) && value->find('\0') == std::string::npos));
          if (value) static_cast<void>(parse_decimal(*value, 1, 1000));
        }
        for (const auto& capture : request.captures) {
          require(!capture.empty() && capture.find('/') == std::string::npos);
          static_cast<void>(parse_decimal(capture, 1, INT64_MAX));
        }
        reply(Response{});
      });
    }
    for (const auto* pattern : {"/internal/feed", "/internal/{what}", "/metrics"}) {
      router.add("GET", pattern, Audience::kInternal,
                 [](const Request&, const Reply&) { require(false); });  // nobody here has the key
    }
  }
  Router router;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Routes routes;
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  for (const bool through_gateway : {false, true}) {
    Request request;
    request.method = "GET";
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    if (through_gateway) request.headers.emplace_back("Sportapp-Via", "gateway");
    const auto counting = std::make_shared<Counting>();
    routes.router.route(request, Reply(counting));
    require(counting->answers == 1);
    const bool refused = counting->status == 403;
    require(refused == (needs_credential(request.path) && !through_gateway));
    require(refused || counting->status == 200 || counting->status == 400 || counting->status == 404);
  }
  return 0;
}
