#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace sportapp::http {

// Who may call a route. The gateway marks what it passes on with `Sportapp-Via`; an internal route refuses
// such requests as if it did not exist.
enum class Audience { kPublic, kInternal };

// Paths are matched segment by segment on their raw bytes: nothing is decoded or normalised, so no encoding
// of
// `..` or `/` can lead elsewhere. `{name}` matches one non-empty segment. HEAD goes to GET. Loop thread only.
class Router {
 public:
  // Two routes of the same method and pattern are a defect: throws std::logic_error.
  void add(std::string method, std::string_view pattern, Audience audience, Handler handler);
  // 404 where no path matches, 405 with Allow where the path does but the method does not.
  void route(Request& request, const Reply& reply) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Audience audience;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace sportapp::http
