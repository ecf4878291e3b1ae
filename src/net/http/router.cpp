#include "net/http/router.hpp"

#include <algorithm>
#include <stdexcept>

#include "net/http/content.hpp"
#include "net/http/problem.hpp"

namespace sportapp::http {
namespace {

bool is_placeholder(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

// Segments in the order in which routes are tried: a literal before a placeholder, so that /users/export is
// found beside /users/{id} whatever the order of add(). Names of placeholders do not count.
bool tried_before(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const std::string& x, const std::string& y) {
                                        if (is_placeholder(x) || is_placeholder(y))
                                          return !is_placeholder(x) && is_placeholder(y);
                                        return x < y;
                                      });
}

std::vector<std::string> split(std::string_view pattern) {
  if (!pattern.starts_with('/')) {
    throw std::logic_error("route pattern '" + std::string(pattern) + "' must start with /");
  }
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find('/', 1), pattern.size());
    segments.emplace_back(pattern.substr(1, end - 1));
    pattern.remove_prefix(end);
  }
  return segments;
}

// The path's segments, if they are what the pattern says; captures in `captures`.
bool matches(const std::vector<std::string>& pattern, std::string_view path,
             std::vector<std::string>& captures) {
  captures.clear();
  for (const auto& segment : pattern) {
    if (!path.starts_with('/')) return false;
    const auto end = std::min(path.find('/', 1), path.size());
    const auto part = path.substr(1, end - 1);
    path.remove_prefix(end);
    if (is_placeholder(segment)) {
      if (part.empty()) return false;
      captures.emplace_back(part);
    } else if (part != segment) {
      return false;
    }
  }
  return path.empty();
}

bool came_through_gateway(const Request& request) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [](const auto& header) { return equal_ignoring_case(header.first, "Sportapp-Via"); });
}

bool serves(const std::string& route_method, const std::string& method) {
  return route_method == method || (route_method == "GET" && method == "HEAD");
}

void add_allowed(std::vector<std::string>& allowed, const std::string& method) {
  const auto add = [&](const std::string& name) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) allowed.push_back(name);
  };
  add(method);
  if (method == "GET") add("HEAD");
}

Response method_not_allowed(const std::vector<std::string>& allowed) {
  std::string list;
  for (const auto& method : allowed) list += (list.empty() ? "" : ", ") + method;
  auto response = problem(405, "Method not allowed", "This path takes " + list + " only.");
  response.headers.emplace_back("Allow", std::move(list));
  return response;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Audience audience, Handler handler) {
  Route route{std::move(method), split(pattern), audience, std::move(handler)};
  if (needs_credential(pattern) != (audience == Audience::kInternal)) {
    throw std::logic_error("route " + route.method + " " + std::string(pattern) +
                           " is internal by its path or by its audience, and not by both");
  }
  for (const auto& other : routes_) {
    const bool same_pattern =
        !tried_before(other.segments, route.segments) && !tried_before(route.segments, other.segments);
    if (same_pattern && other.method == route.method) {
      throw std::logic_error("route " + route.method + " " + std::string(pattern) + " appears twice");
    }
  }
  const auto place =
      std::upper_bound(routes_.begin(), routes_.end(), route,
                       [](const Route& a, const Route& b) { return tried_before(a.segments, b.segments); });
  routes_.insert(place, std::move(route));
}

std::optional<Response> Router::refusal(const Request& request) const {
  // For the gateway what is internal is not there at all, whatever the request shows.
  if (!needs_credential(request.path) || came_through_gateway(request)) return std::nullopt;
  return authorization_.refusal(request);
}

void Router::route(Request& request, const Reply& reply) const {
  if (auto refused = refusal(request)) return reply(std::move(*refused));
  std::vector<std::string> allowed;
  for (const auto& route : routes_) {
    if (!matches(route.segments, request.path, request.captures)) continue;
    if (route.audience != Audience::kPublic && came_through_gateway(request)) continue;
    if (!serves(route.method, request.method)) {
      add_allowed(allowed, route.method);
      continue;
    }
    if (!is_well_formed_query(request.query)) {
      return reply(problem(400, "Malformed query",
                           "The query must be percent-encoded UTF-8 without NUL; encode % itself as %25."));
    }
    return route.handler(request, reply);
  }
  request.captures.clear();
  if (!allowed.empty()) return reply(method_not_allowed(allowed));
  reply(problem(404, "Not found", "There is nothing at this path."));
}

std::vector<Router::Listed> Router::routes() const {
  std::vector<Listed> listed;
  for (const auto& route : routes_) {
    std::string pattern;
    for (const auto& segment : route.segments) pattern += "/" + segment;
    listed.push_back({route.method, std::move(pattern), route.audience});
  }
  return listed;
}

}  // namespace sportapp::http
