#pragma once
#include <memory>

#include "domain/domain.hpp"

namespace sportapp::domain {

// Users: RegisterUser -> UserRegistered. The username is unique as written (in NFC), the e-mail ignoring
// case.
[[nodiscard]] std::unique_ptr<Domain> make_users();

}  // namespace sportapp::domain
