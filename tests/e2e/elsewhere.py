"""An instance that runs elsewhere, in containers for example, and of which these tests see nothing but its gateway.

SPORTAPP_ELSEWHERE=PORT has the tests use it. What needs a process, a file or a command of the instance skips itself."""
import os
from pathlib import Path

import pytest

from sportapp import Instance

VARIABLE = "SPORTAPP_ELSEWHERE"


def elsewhere():
    """The instance that is named, if one is."""
    port = os.environ.get(VARIABLE)
    return Elsewhere(int(port)) if port else None


def not_here(*_, **__):
    pytest.skip("NOT CHECKED: it needs the processes or files of the instance, which runs elsewhere")


class Elsewhere(Instance):
    def __init__(self, port: int):
        super().__init__(Path("/nowhere"), port)

    cli = up = down = status = process = port_of = supervisor_pid = direct = events = kill = log = not_here

    def wait_for_position(self, position, within_s: float = 20.0):
        """As a client waits for it, which asks whichever process the gateway chooses."""
        if not isinstance(position, (int, str)):
            position = position.headers["Sportapp-Position"]
        if isinstance(position, int):
            position = f"users={position}"
        for _ in range(4):
            answer = self.get(f"/api-queries/{position.split('=')[0]}?limit=1", timeout=within_s + 10,
                              headers={"Sportapp-Position": position, "Prefer": f"wait={min(20, int(within_s))}"})
            assert answer.status_code == 200, answer.text
