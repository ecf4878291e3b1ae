#include "net/http/authorization.hpp"

#include "net/http/content.hpp"
#include "net/http/problem.hpp"

namespace sportapp::http {
namespace {

constexpr std::string_view kInternal = "/internal";
constexpr std::string_view kMetrics = "/metrics";
constexpr std::string_view kBearer = "Bearer ";

bool is_at_or_below(std::string_view path, std::string_view top) {
  return path.starts_with(top) && (path.size() == top.size() || path[top.size()] == '/');
}

bool shows(std::string_view given, const std::string& credential) {
  return !credential.empty() && same_secret(given, credential);
}

std::string_view bearer_of(const Request& request) {
  const auto value = request.header("Authorization");
  if (!equal_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return {};
  return value.substr(kBearer.size());
}

}  // namespace

std::string internal_credential(const InstanceKey& key) {
  return hex(derived_secret(key, "sportapp internal routes"));
}

std::string metrics_token(const InstanceKey& key) {
  return hex(derived_secret(key, "sportapp metrics"));
}

bool needs_credential(std::string_view path) {
  return is_at_or_below(path, kInternal) || is_at_or_below(path, kMetrics);
}

Authorization::Authorization(const InstanceKey& key)
    : internal_(internal_credential(key)), metrics_(metrics_token(key)) {}

std::optional<Response> Authorization::refusal(const Request& request) const {
  if (!needs_credential(request.path)) return std::nullopt;
  if (shows(request.header(kKeyHeader), internal_)) return std::nullopt;
  if (is_at_or_below(request.path, kInternal)) {
    return problem(403, "Not permitted",
                   internal_.empty()
                       ? "this process has no key_file, so it answers nothing below /internal; `sportapp up` "
                         "and `sportapp run` give it one"
                       : "this is for the instance itself, which shows its key in the header Sportapp-Key; "
                         "use the commands of sportapp: sportapp help");
  }
  if (shows(bearer_of(request), metrics_)) return std::nullopt;
  return problem(
      403, "Not permitted",
      internal_.empty()
          ? "this process has no key_file, so it gives no metrics; `sportapp up` and `sportapp run` "
            "give it one"
          : "metrics need Authorization: Bearer and the token that `sportapp metrics-token` shows");
}

}  // namespace sportapp::http
