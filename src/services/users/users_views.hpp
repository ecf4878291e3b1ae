#pragma once
#include <memory>

#include "projection/projection.hpp"

namespace sportapp::projection {

// UserRegistered -> {"id","username"[,"email"]}; found by username (as written, in NFC) and by e-mail
// (without regard to case).
[[nodiscard]] std::unique_ptr<Projection> make_users_views();

}  // namespace sportapp::projection
