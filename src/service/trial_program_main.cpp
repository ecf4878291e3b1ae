// For the tests: a program that holds trials of a service which some requests end.
#include "poison/poison.hpp"
#include "service/trial.hpp"
#include "service/words.hpp"

int main() {
  return sportapp::service::run_trial(
      *sportapp::domain::with_poison(std::make_unique<sportapp::service::testing::Words>()));
}
