#pragma once
#include <memory>

#include "domain/projection.hpp"

namespace sportapp::domain {

// UserRegistered -> {"id","username"[,"email"]}; found by username (as written, in NFC) and by e-mail
// (without regard to case).
[[nodiscard]] std::unique_ptr<Projection> make_users_views();

}  // namespace sportapp::domain
