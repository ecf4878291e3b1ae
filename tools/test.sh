#!/usr/bin/env bash
# `sportapp test`: everything that can be checked, on this machine. Ends with ctest's own lines.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"

if [[ "${1:-}" == --help ]]; then
  cat <<'HELP'
sportapp test: builds with the address, undefined-behaviour and thread sanitizers and runs every test

  ./sportapp test                  all of it
  ./sportapp test -R journal       the tests whose name matches, of the address sanitizer's build
  ./sportapp test -N               their names
Other options go to ctest as they are. Exit status: 0 when all passed.
HELP
  exit 0
fi

step() { printf '\n=== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }

step "packages"
install_packages build run test peers jmeter docker containers
step "building: debug (address and undefined-behaviour sanitizers)"
build_preset debug
if [[ $# -eq 0 ]]; then
  step "building: tsan (thread sanitizer), the parts with threads"
  threaded=(link messaging journal projection http service retention node commands queries)
  build_preset tsan --target "${threaded[@]/%/_test}"
  step "tests of the parts with threads, under the thread sanitizer"
  (cd "$here/build/tsan" && ctest --output-on-failure --no-tests=error -j 4 -R "^($(IFS='|' && echo "${threaded[*]}"))$")
  step "building: fuzz (libFuzzer, with clang)"
  build_preset fuzz
fi
step "all tests"
cd "$here/build/debug"
# tests/CMakeLists.txt says what the four places are: two unit tests at once, or a test of the whole and what computes.
exec ctest --output-on-failure --no-tests=error -j 4 "$@"
