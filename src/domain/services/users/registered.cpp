#include "domain/services/users/registered.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "base/json_reading.hpp"
#include "domain/fields.hpp"
#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr const char* kType = "UserRegistered";
constexpr int kVersion = 2;

std::string key_of_version_1(const std::string& email) {
  auto key = email_key(email);
  if (!key) throw std::runtime_error("the e-mail is not UTF-8");
  return *key;
}

json::object shown(const UserRegistered& user) {
  json::object object{{"id", user.id.value}, {"username", user.username}};
  if (user.email) object["email"] = *user.email;
  return object;
}

}  // namespace

UserRegistered read_user_registered(const Event& event) {
  if (event.type != kType || event.version < 1 || event.version > kVersion) {
    throw std::runtime_error("users know UserRegistered 1 and 2 only, not " + event.type + " " +
                             std::to_string(event.version));
  }
  const auto payload = object_of(event.payload);
  UserRegistered user{Id{payload.at("id").as_int64()}, text_at(payload, "username"), {}, {}};
  if (!payload.contains("email")) return user;
  user.email = text_at(payload, "email");
  user.email_key = event.version == 1 ? key_of_version_1(*user.email) : text_at(payload, "email_key");
  return user;
}

Event write_user_registered(const UserRegistered& user) {
  auto payload = shown(user);
  if (user.email_key) payload["email_key"] = *user.email_key;
  return {kType, kVersion, json::serialize(payload)};
}

std::string user_json(const UserRegistered& user) {
  return json::serialize(shown(user));
}

std::optional<std::string> email_key(std::string_view email) {
  const auto normal = nfc(email);
  return normal ? case_folded(*normal) : std::nullopt;
}

}  // namespace sportapp::domain
