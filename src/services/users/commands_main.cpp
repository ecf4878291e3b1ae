#include "service/commands.hpp"
#include "services/users/users.hpp"

int main(int argc, char** argv) {
  return sportapp::service::run_commands(argc, argv, *sportapp::domain::make_users());
}
