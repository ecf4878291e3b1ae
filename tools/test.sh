#!/usr/bin/env bash
# `sportapp test`: unit tests under the sanitizers. Ends with ctest's own lines.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"
install_packages build run test
build_preset debug
cd "$here/build/debug"
exec ctest --output-on-failure --no-tests=error -j 2 "$@"
