// For the tests: a program that holds trials of a service which some requests end.
#include "commands/trial.hpp"
#include "commands/words.hpp"
#include "poison/poison.hpp"

int main() {
  return sportapp::commands::run_trial(
      *sportapp::domain::with_poison(std::make_unique<sportapp::commands::testing::Words>()));
}
