"""What the end to end tests ask of a gateway, asked of the instance in containers."""
import os
import re
import subprocess
import sys

from elsewhere import VARIABLE
from sportapp import ROOT

# Those that see an instance through its gateway alone, or mostly: the rest of each skips itself.
FILES = ("gateway", "orders", "products", "saga")
MORE_FILES = ("users_commands", "users_queries", "idempotency")
PASSED_AT_LEAST = 80


def test_clients_cannot_tell_it_from_one_that_runs_as_plain_processes(stack, long_mode):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", str(ROOT / "tests/pytest.ini"), "-p", "no:cacheprovider",
         *(str(ROOT / f"tests/e2e/test_{name}.py") for name in FILES + (MORE_FILES if long_mode else ()))],
        check=False, cwd=ROOT, env={**os.environ, VARIABLE: str(stack.port)}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=900)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, f"{said[-6000:]}\n{stack.logs()}"
    print(said.splitlines()[-1])
    assert int(re.search(r"(\d+) passed", said)[1]) >= PASSED_AT_LEAST, said[-600:]
