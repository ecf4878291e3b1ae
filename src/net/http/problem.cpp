#include "net/http/problem.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sportapp::http {
namespace {

// The kind of problem as a name that stays: RFC 9457 keeps about:blank for titles that only repeat the
// status.
std::string type_of(std::string_view title) {
  std::string type = "urn:sportapp:problem:";
  for (const char c : title) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (upper || plain) {
      type.push_back(upper ? static_cast<char>(c + ('a' - 'A')) : c);
    } else if (type.back() != '-' && type.back() != ':') {
      type.push_back('-');
    }
  }
  if (type.back() == '-') type.pop_back();
  return type;
}

}  // namespace

Response problem(int status, std::string_view title, std::string_view detail,
                 const std::vector<FieldProblem>& fields) {
  boost::json::object body{{"type", type_of(title)},
                           {"title", title},
                           {"status", status},
                           {"detail", detail},
                           {"error", detail.empty() ? title : detail}};
  if (!fields.empty()) {
    boost::json::array errors;
    for (const auto& field : fields) {
      errors.push_back(boost::json::object{{"field", field.field}, {"detail", field.detail}});
    }
    body.emplace("errors", std::move(errors));
  }
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = boost::json::serialize(body);
  return response;
}

Response unavailable(std::string_view detail, int retry_after_s) {
  auto response = problem(503, "Service unavailable", detail);
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
  return response;
}

}  // namespace sportapp::http
