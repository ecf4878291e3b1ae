"""Links between two processes that a test can break, each direction by itself: the lab's, through its fault agent."""
import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import processes
from sportapp import bin_dir

ANSWERS_WITHIN_S = 60


class Link:
    """Between whoever dials `port` and the process that listens on the target; `there` is towards the target."""

    def __init__(self, links, port: int):
        self._links, self.port, self._injected = links, port, None

    def set(self, direction: str, action: str = "pass", delay_ms: int = 0):
        """`direction` is there, back or both; `action` is one of lab/agent/link_rule.hpp."""
        self.heal()
        self._injected = self._links.inject({"injection": "link", "port": self.port, "direction": direction, "verb": action,
                                             "delay_ms": delay_ms, "bytes_per_s": 0})

    def heal(self):
        if self._injected is not None:
            self._links.heal(self._injected)
        self._injected = None

    def cut(self):
        """Breaks every connection, as a switch that restarts; new ones are taken."""
        self.set("both", "close")
        self.heal()


class Links:
    """`with Links() as links: links.to(port)`. When the test ends, however it does, every link passes again."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory()
        here, its = socket.socketpair()
        here.settimeout(ANSWERS_WITHIN_S)
        self._socket, self._lines, self._last = here, here.makefile("r"), 0
        self._log = open(Path(self._folder.name) / "fault-agent.log", "w+")
        lab = [str(os.getpid()), str(processes.seen_of(os.getpid()).start)]
        with its:
            self._agent = subprocess.Popen([bin_dir() / "lab/fault-agent", self._folder.name, *lab], stdin=its,
                                           stdout=self._log, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_):
        self._ask(do="finish")
        self._lines.close()
        self._socket.close()
        status = self._agent.wait(ANSWERS_WITHIN_S)
        with self._log, self._folder:
            assert status == 0, self._said()

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read()

    def _ask(self, **request) -> dict:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self._lines.readline() or '{"error": "it ended"}')
        assert "error" not in answer, f"the fault agent: {answer['error']}\n{self._said()}"
        return answer

    def to(self, target: int) -> Link:
        return Link(self, self._ask(do="links", targets=[{"port": target}])["ports"][0])

    def inject(self, injection: dict) -> int:
        self._last += 1
        self._ask(do="inject", number=self._last, injection=injection, within_ms=0)
        return self._last

    def heal(self, number: int):
        self._ask(do="heal", number=number)
