// Who may ask a process for more than everybody may: what lies below /internal/, and /metrics.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/instance_secret.hpp"
#include "net/http/message.hpp"

namespace sportapp::http {

// The header by which processes and commands of an instance show each other that they have its key.
inline constexpr std::string_view kKeyHeader = "Sportapp-Key";

// What that header says: derived from the key, so that the key itself is never sent.
[[nodiscard]] std::string internal_credential(const InstanceKey& key);
// The bearer token for /metrics, and for nothing else: whoever collects metrics gives no orders.
[[nodiscard]] std::string metrics_token(const InstanceKey& key);

// Whether a path is for those only who show a credential, by its raw bytes as the router compares them:
// /internal and /metrics, and everything below them, whether or not there is such a route.
[[nodiscard]] bool needs_credential(std::string_view path);

class Authorization {
 public:
  Authorization() = default;  // where no key is known: refuses everybody
  explicit Authorization(const InstanceKey& key);
  // Why the request is not served, by its path and headers alone; nothing where it is.
  [[nodiscard]] std::optional<Response> refusal(const Request& request) const;

 private:
  std::string internal_;
  std::string metrics_;
};

}  // namespace sportapp::http
