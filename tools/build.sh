#!/usr/bin/env bash
# tools/build.sh PRESET TARGET...: builds targets of a preset for the suite; what the build tells is in build/PRESET.log.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"
build_quietly "$@"
