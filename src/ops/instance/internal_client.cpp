#include "ops/instance/internal_client.hpp"

#include "net/http/authorization.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::instance {
namespace {

Result<std::string> credential_for(const Instance& instance) {
  const auto key = key_of(instance);
  if (!key) return key.error();
  return http::internal_credential(*key);
}

}  // namespace

Result<InstanceKey> key_of(const Instance& instance) {
  return load_key(instance.key_file.empty() ? Layout{instance.data}.key_file() : instance.key_file);
}

InternalClient::InternalClient(const Instance& instance, const std::string& host, std::uint16_t port,
                               int timeout_ms)
    : credential_(credential_for(instance)),
      client_(host, port, timeout_ms, credential_ ? *credential_ : std::string()) {}

Result<http::ClientResponse> InternalClient::get(const std::string& target) {
  if (!credential_) return credential_.error();
  return client_.get(target);
}

Result<http::ClientResponse> InternalClient::post(const std::string& target, std::string_view body) {
  if (!credential_) return credential_.error();
  return client_.post(target, body);
}

}  // namespace sportapp::instance
