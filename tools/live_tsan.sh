#!/usr/bin/env bash
# The programs under the thread sanitizer, live: each kind of failover once, under load, with registrations and with orders.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/tools/setup.sh"
install_packages build run test
build_preset tsan --target programs
cd "$here"
export SPORTAPP_BIN=$here/build/tsan/bin SPORTAPP_COUNT=${SPORTAPP_COUNT:-1} SPORTAPP_RATE=${SPORTAPP_RATE:-150}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1} PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 -m pytest -q -s -c tests/pytest.ini tests/chaos/test_failover.py "$@"
