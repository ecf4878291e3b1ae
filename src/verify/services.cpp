#include "verify/services.hpp"

#include "services/users/users.hpp"
#include "services/users/users_views.hpp"

namespace sportapp::verify {

const std::vector<KnownService>& known_services() {
  static const std::vector<KnownService> services = {
      {"users", domain::make_users, projection::make_users_views},
  };
  return services;
}

}  // namespace sportapp::verify
