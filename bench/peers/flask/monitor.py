"""The monitor: pings users-commands; when no echo comes, starts a spare instance of it, and it again."""
import os
import signal
import sys
import time
from pathlib import Path

import children

PING_EVERY_S = 1.0
ECHO_WITHIN_S = 5.0
SILENCES_MAX = 12  # a service that is busy is not taken for one that hangs
STARTS_WITHIN_S = 30.0
SPARE_STAYS_S = 15.0  # after the service is back: NGINX goes on asking the spare for 10 s
MODULE = "users.commands:app"


def say(text: str):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Monitor:
    def __init__(self, logs: Path, port: int, spare_port: int):
        self.logs, self.port, self.spare_port = logs, port, spare_port
        self.spare = None
        self.start_service()

    def start_service(self):
        self.service = children.start_service(self.logs / "users-commands.log", MODULE, self.port)
        self.started = time.monotonic()
        self.back_since = None  # when it answered first
        self.silences = 0

    def look(self):
        """One ping, and what follows from it."""
        heard = children.ping(self.port, ECHO_WITHIN_S)
        now = time.monotonic()
        if heard == "echo":
            self.silences = 0
            self.back_since = self.back_since or now
            if self.spare and now - self.back_since > SPARE_STAYS_S:
                say("users-commands is back; the spare ends")
                children.end(self.spare)
                self.spare = None
            return
        starting = self.back_since is None and now - self.started < STARTS_WITHIN_S
        self.silences += 0 if starting else 1
        if self.service.poll() is not None or self.silences >= SILENCES_MAX:
            self.fail_over()

    def fail_over(self):
        say(f"users-commands gives no echo ({self.service.poll()}): a spare is started, and then it again")
        if self.spare is None or self.spare.poll() is not None:
            self.spare = children.start_service(self.logs / "users-commands-spare.log", MODULE, self.spare_port)
        children.end(self.service)
        self.start_service()

    def end(self):
        children.end(*(child for child in (self.service, self.spare) if child))


def main():
    """monitor.py PORT SPARE_PORT"""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    monitor = Monitor(Path(os.environ["PEER_DATA"]) / "logs", *map(int, sys.argv[1:3]))
    try:
        while True:
            monitor.look()
            time.sleep(PING_EVERY_S)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        monitor.end()


if __name__ == "__main__":
    main()
