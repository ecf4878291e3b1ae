// For the tests: a program that holds trials of a service which some requests end.
#include "lab/poison/poison.hpp"
#include "server/quarantine/trial.hpp"
#include "server/quarantine/words.hpp"

int main() {
  return sportapp::quarantine::run_trial(
      *sportapp::domain::with_poison(std::make_unique<sportapp::quarantine::testing::Words>()));
}
