#!/usr/bin/env bash
# The checks of .clang-tidy over every source of the debug build, or of those whose path holds a word: half an hour for all.
#   tools/clang_tidy.sh [WORD]
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
source tools/setup.sh
install_packages build test lint
cmake --preset debug > /dev/null
# Files of a part are compiled together, so the list of what is compiled names the files made of them.
exec run-clang-tidy-14 -quiet -p build/debug -j 2 "${1:-.}"
