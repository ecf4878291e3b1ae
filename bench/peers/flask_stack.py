"""The Flask stack of bench/peers/flask, behind its own NGINX: one node, no copy."""
import subprocess
import time
from pathlib import Path

import load
from instance import free_port
from started import Started, end

RUN = Path(__file__).parent / "flask/run"
STARTS_WITHIN_S = 120
ENDS_WITHIN_S = 60


class Flask(Started):
    def __init__(self, folder: Path):
        self._folder = folder
        self._process = None

    def _start(self):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        said = self._folder.with_suffix(".log")
        with open(said, "w") as log:
            self._process = subprocess.Popen([RUN, "--port", str(port), "--data", self._folder], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + STARTS_WITHIN_S
        while "listening on" not in said.read_text():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the Flask stack does not start: {said.read_text()[-500:]}")
            time.sleep(0.2)

    def _end(self):
        if self._process is not None:
            end(self._process, ENDS_WITHIN_S)

    def measure(self, connections: int, seconds: int) -> dict:
        return load.register(self.url, connections, seconds)
