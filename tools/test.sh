#!/usr/bin/env bash
# `sportapp test`: everything that can be checked, on this machine. Ends with ctest's own lines.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"

if [[ "${1:-}" == --help ]]; then
  cat <<'HELP'
sportapp test: builds what is tested, with and without sanitizers, and runs every test

  ./sportapp test                  all of it
  ./sportapp test --quick          while you work: the unit tests under the sanitizers, and the rules of the tree
  ./sportapp test -R journal       the tests whose name matches
  ./sportapp test -N               their names
Other options go to ctest as they are. Exit status: 0 when all passed.

SPORTAPP_LONG=1                    the long forms of some tests
SPORTAPP_TESTED=debug              the tests of the whole run the programs with sanitizers, not those that are released
HELP
  exit 0
fi

step() { printf '\n=== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

step "packages"
install_packages build run test peers jmeter docker containers
if [[ "${1:-}" == --quick ]]; then
  shift
  step "building: debug (address and undefined-behaviour sanitizers)"
  build_quietly debug unit_tests
  step "unit tests and the rules of the tree"
  cd "$here/build/debug"
  exec ctest --output-on-failure --no-tests=error -j 3 -L unit "$@"
fi
step "building: release"
cmake -S "$here" --preset release -DSPORTAPP_TESTED="${SPORTAPP_TESTED:-release}" >/dev/null
build_quietly release programs lab_programs simulate
step "all tests; beside those of the whole, the builds with sanitizers and what they test"
cd "$here/build/release"
# tests/CMakeLists.txt says what the nine places are.
exec ctest --output-on-failure --no-tests=error -j 9 "$@"
