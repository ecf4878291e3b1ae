"""A registration service of the seed's kind: Flask, RQ, SQLite and Redis behind NGINX. See README.md."""
import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path

import children
import gateway

SERVICES = ("users", "products", "orders")
STARTS_WITHIN_S = 60
EXAMPLES = """examples:
  bench/peers/flask/run                              on port 5000, data in ./flask-data
  bench/peers/flask/run --port 5005 --data /tmp/peer

Ctrl-C or SIGTERM ends it, all of its processes with it.
Exit status: 0, 1 when it did not start, 2 wrong command line."""


def arguments():
    parser = argparse.ArgumentParser(prog="run", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", help="address of the gateway (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=5000, help="its port (default: 5000)")
    parser.add_argument("--data", type=Path, default=Path("flask-data"), help="folder (default: ./flask-data)")
    return parser.parse_args()


class Peer:
    """All its processes."""

    def __init__(self, options):
        self.options = options
        self.data = options.data.resolve()
        self.logs = self.data / "logs"
        for folder in (self.logs, self.data / "gateway", self.data / "redis"):
            folder.mkdir(parents=True, exist_ok=True)
        names = [f"{service}-{side}" for service in SERVICES for side in ("commands", "queries")]
        self.redis_port, self.spare_port, *ports = children.free_ports(2 + len(names))
        self.ports = dict(zip(names, ports))
        self.running = {}  # by name, in the order in which they started
        os.environ.update(PEER_DATA=str(self.data), PEER_REDIS_PORT=str(self.redis_port))

    def start(self):
        self._start("redis", "/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", self.redis_port,
                    "--dir", self.data / "redis")
        self._await("redis", self._redis_listens)
        self._start("monitor", sys.executable, children.HERE / "monitor.py", self.ports["users-commands"],
                    self.spare_port)
        for name, port in self.ports.items():
            if name != "users-commands":  # which the monitor starts
                module = name.replace("-", ".") + ":app"
                self.running[name] = children.start_service(self.logs / f"{name}.log", module, port)
        for name, port in self.ports.items():
            self._await(name, lambda port=port: children.ping(port, 1.0) == "echo")
        for service in SERVICES:
            # Not a process for each job: those would take more of the machine than all the rest.
            self._start(f"{service}-worker", "/usr/bin/rq", "worker", "--worker-class", "rq.SimpleWorker",
                        "--url", f"redis://127.0.0.1:{self.redis_port}", service)
        self._start_gateway()

    def _start_gateway(self):
        folder = self.data / "gateway"
        gateway.write(folder / "nginx.conf", self.options.host, self.options.port, self.ports, self.spare_port)
        self._start("gateway", "/usr/sbin/nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf")
        self._await("gateway", lambda: children.ping(self.options.port, 1.0, "/health") == "echo")

    def _start(self, name: str, *command):
        self.running[name] = children.start(self.logs / f"{name}.log", list(command))

    def _redis_listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.redis_port)) == 0

    def _await(self, name: str, ready):
        """Until `ready()`; the process that is started last, or all before it, must live on meanwhile."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not ready():
            ended = self.take_ended()
            if ended or time.monotonic() > deadline:
                late = (ended or [name])[0]
                raise RuntimeError(f"{late} did not start; what it said: {self.logs / late}.log")
            time.sleep(0.1)

    def take_ended(self) -> list:
        """The names of those that ended since; none is started again, as by docker-compose."""
        ended = [name for name, child in self.running.items() if child.poll() is not None]
        for name in ended:
            del self.running[name]
        return ended

    def end(self):
        """First who takes requests in, Redis last."""
        redis = self.running.pop("redis", None)
        children.end(*reversed(self.running.values()))
        children.end(*([redis] if redis else []))


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    peer = Peer(options)
    try:
        peer.start()
        print(f"listening on http://{options.host}:{options.port}, logs in {peer.logs}", flush=True)
        while True:
            for name in peer.take_ended():
                print(f"{name} ended", flush=True)
            time.sleep(1)
    except KeyboardInterrupt:
        return 0
    except RuntimeError as failed:
        print(f"run: {failed}", file=sys.stderr)
        return 1
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        peer.end()


if __name__ == "__main__":
    sys.exit(main())
