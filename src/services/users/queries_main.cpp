#include "service/queries.hpp"
#include "services/users/users_views.hpp"

int main(int argc, char** argv) {
  return sportapp::service::run_queries(argc, argv, *sportapp::projection::make_users_views());
}
