#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/authorization.hpp"
#include "net/http/message.hpp"

namespace sportapp::http {

// Who may call a route. The gateway marks what it passes on with `Sportapp-Via`; only a public route is there
// for such requests.
enum class Audience {
  kPublic,
  kProbe,     // whoever reaches the process's own port or socket, without a credential
  kInternal,  // who shows the instance's key or, for /metrics, the token
};

// Paths are matched segment by segment on their raw bytes: nothing is decoded or normalised, so no encoding
// of `..` or `/` can lead elsewhere. `{name}` matches one non-empty segment. HEAD goes to GET. Loop thread
// only.
class Router {
 public:
  // Without authorization nobody is served who needs a credential.
  explicit Router(Authorization authorization = {}) : authorization_(std::move(authorization)) {}
  void authorize_by(Authorization authorization) { authorization_ = std::move(authorization); }

  // Two routes of the same method and pattern are a defect, and one that is internal by its path or by its
  // audience only: throws std::logic_error.
  void add(std::string method, std::string_view pattern, Audience audience, Handler handler);
  // Why the request is refused by its path and headers alone, before its body is read; nothing where it is
  // not.
  [[nodiscard]] std::optional<Response> refusal(const Request& request) const;
  // 403 where refusal() says so, 404 where no path matches, 405 with Allow where the path does but the method
  // does not.
  void route(Request& request, const Reply& reply) const;

  struct Listed {
    std::string method;
    std::string pattern;
    Audience audience;
  };
  [[nodiscard]] std::vector<Listed> routes() const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Audience audience;
    Handler handler;
  };
  std::vector<Route> routes_;
  Authorization authorization_;
};

}  // namespace sportapp::http
