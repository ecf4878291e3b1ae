// What UserRegistered says, whichever version wrote it: the one place that knows the older ones.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "domain/domain.hpp"

namespace sportapp::domain {

inline constexpr const char* kUsernameField = "username";
inline constexpr const char* kEmailField = "email";

struct UserRegistered {
  Id id;
  std::string username;
  std::optional<std::string> email;
  // By which an e-mail is one with others; there when the e-mail is. Recorded since version 2, so that no
  // replay depends on the Unicode tables of its day; for version 1 it is made when read.
  std::optional<std::string> email_key;
};

// Throws std::exception for another event, a version not known, or a payload that is none.
[[nodiscard]] UserRegistered read_user_registered(const Event& event);
[[nodiscard]] Event write_user_registered(const UserRegistered& user);
// The user without what is only recorded: what is answered and what the state keeps.
[[nodiscard]] std::string user_json(const UserRegistered& user);
// Nothing for what is not UTF-8.
[[nodiscard]] std::optional<std::string> email_key(std::string_view email);

}  // namespace sportapp::domain
