// For tests of internal routes: a key, what takes it and what shows it.
#pragma once
#include <string>
#include <utility>

#include "net/http/authorization.hpp"

namespace sportapp::http::testing {

inline const InstanceKey kKey{{1, 2, 3}};
inline Authorization authorization() {
  return Authorization(kKey);
}
inline std::string credential() {
  return internal_credential(kKey);
}
inline std::pair<std::string, std::string> key_header() {
  return {std::string(kKeyHeader), credential()};
}

}  // namespace sportapp::http::testing
