"""A real instance of SportApp for a test: its own data folder and port, started and stopped by the program."""
import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

import requests

import processes
import raw
from instance_key import credential
from recording import RECORDING
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
SANITIZER_REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                     "WARNING: ThreadSanitizer")
# The services that are built, as the tree says it.
NAMES = tuple(re.search(r"sportapp_services\(([^)]*)\)", (ROOT / "src/domain/services/CMakeLists.txt").read_text())[1].split())
# Spares of each commands service, unless the settings say another number.
SPARES = 0 if "kRedundant = false" in (ROOT / "src/ops/instance/topology.hpp").read_text() else 1
QUERIES = ("users-queries-1", "users-queries-2")
COMMANDS = "users-commands-a"  # primary, as long as nothing happened to it
# For tests in which a process hangs: the monitor has nobody ended for it.
PATIENT = "[failover]\nsuspicion_ms = 60000\n"
ALONE = "[services]\nspares = 0\n"
SERVING = ("running", "in-sync", "catching up")  # states of a process that does its work
_numbers = itertools.count(1)


def bin_dir() -> Path:
    """Where the binaries are: $SPORTAPP_BIN, else the debug build, else the release build."""
    if os.environ.get("SPORTAPP_BIN"):
        return Path(os.environ["SPORTAPP_BIN"]).resolve()
    for preset in ("debug", "release"):
        if (ROOT / "build" / preset / "bin" / "sportapp").exists():
            return ROOT / "build" / preset / "bin"
    raise RuntimeError("nothing is built: run cmake --build build/debug, or set SPORTAPP_BIN to a bin folder")


def commands_of(service: str) -> str:
    return f"{service}-commands-a"


def nodes_of(service: str, spares: int = SPARES) -> tuple:
    """Its commands processes; the first is preferred as primary."""
    return tuple(f"{service}-commands-{node}" for node in "abc"[:1 + spares])


def queries_of(service: str) -> tuple:
    return (f"{service}-queries-1", f"{service}-queries-2")


SERVICE_PROCESSES = tuple(name for service in NAMES for name in (*nodes_of(service), *queries_of(service)))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def unique(stem: str = "user") -> str:
    """A name that no other test uses."""
    return f"{stem}-{os.getpid()}-{next(_numbers)}"


def run_cli(*arguments, stdin: bytes = b"", within_s: float = 120.0, cwd=None, env=None):
    """Runs the program; stdout and stderr go through files, so that a child that stays cannot hold us."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as into:
        into.write(stdin)
        into.seek(0)
        done = subprocess.run([str(bin_dir() / "sportapp"), *map(str, arguments)], stdin=into, stdout=out,
                              stderr=err, timeout=within_s, cwd=cwd, env=env)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return subprocess.CompletedProcess(done.args, done.returncode, *texts)


class ProcessInfo(NamedTuple):
    """One entry of `sportapp status --json`."""
    name: str
    service: str
    side: str
    node: str
    role: str
    state: str
    pid: int
    port: int


def taken(answer: requests.Response) -> requests.Response:
    """The answer, which must be 200."""
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return answer


class Instance:
    def __init__(self, data: Path, port: int = 0, settings: str = ""):
        """`settings` is the text of DATA/sportapp.toml, where there shall be one."""
        self.data = Path(data)
        if settings:
            self.data.mkdir(parents=True, exist_ok=True)
            (self.data / "sportapp.toml").write_text(settings)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._local = threading.local()
        self._ports = {}
        self._heads = {}
        self._seen = {}  # (pid, start) -> processes.Seen: everything that belongs to this instance

    # --- the program ---

    def cli(self, command: str, *arguments, **options):
        """`sportapp COMMAND --data DATA ...`"""
        return run_cli(command, "--data", self.data, *arguments, **options)

    def done(self, *arguments, **options) -> str:
        """The same, which must succeed: what it printed."""
        finished = self.cli(*arguments, **options)
        assert finished.returncode == 0, f"{arguments}: {finished.returncode} {finished.stdout}{finished.stderr}"
        return finished.stdout

    def up(self, *arguments, within_s: float = 120.0, lab: bool = False):
        """Starts it in the background and waits until it serves. `lab`: with the programs that can be made to fail."""
        command = ("experiment", "up") if lab else ("up",)
        done = run_cli(*command, "--data", self.data, "--detach", "--port", self.port, *arguments, within_s=within_s)
        said = f"{done.stdout}{done.stderr}"
        assert done.returncode == 0, f"up failed ({done.returncode}):\n{said}{self.log_tails()}"
        self._ports = {}
        self.wait_healthy()
        self.note_processes()
        return done

    def down(self, within_s: float = 60.0):
        return self.cli("down", within_s=within_s)

    def status(self) -> dict:
        """name -> ProcessInfo, as the program tells it."""
        listed = json.loads(self.done("status", "--json"))["processes"]
        return {entry["name"]: ProcessInfo(**{name: entry[name] for name in ProcessInfo._fields})
                for entry in listed}

    def process(self, name: str) -> ProcessInfo:
        return self.status()[name]

    def port_of(self, name: str) -> int:
        """Of a process on loopback; it stays the same when the process is restarted."""
        if name not in self._ports:
            self._ports = {entry.name: entry.port for entry in self.status().values()}
        return self._ports[name]

    def primary_of(self, service: str = "users") -> str:
        """The name of the process that takes its commands now."""
        def primary():
            return next((info.name for info in self.status().values()
                         if (info.service, info.side, info.role) == (service, "commands", "primary")), None)
        return until(f"{service} has a primary", primary)

    def supervisor_pid(self) -> int:
        return json.loads((self.data / "run" / "instance.json").read_text())["supervisor"]["pid"]

    # --- requests ---

    @property
    def session(self) -> requests.Session:
        """One a thread, so that connections are kept and threads do not share them."""
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
            self._local.session.hooks["response"].append(RECORDING.add_response)
        return self._local.session

    def request(self, method: str, path: str, timeout: float = 30.0, **options) -> requests.Response:
        """Through the gateway."""
        return self.session.request(method, self.url + path, timeout=timeout, allow_redirects=False, **options)

    def get(self, path: str, **options) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, body, key: str = None, path: str = "/api-commands/users", headers=None, method: str = "POST",
             **options):
        """A command; `body` is bytes as they are, or anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        return self.request(method, path, data=data, headers=sent, **options)

    def register(self, username: str, email: str = None, **options) -> requests.Response:
        body = {"username": username}
        if email is not None:
            body["email"] = email
        return self.post(body, **options)

    def registered(self, username: str = None, email: str = None, **options) -> requests.Response:
        """register() that must succeed."""
        return taken(self.register(username or unique(), email, **options))

    def raw(self, method: str, target: str, body: bytes = b"", headers=(), version="HTTP/1.1") -> raw.Answer:
        """Bytes as they are, through the gateway; recorded like the rest."""
        data = raw.request(method, target, body, headers, version)
        answer = raw.exchange(self.port, data, to_head=method == "HEAD")
        RECORDING.add_raw(method, target, answer)
        return answer

    @property
    def key_file(self) -> Path:
        return self.data / "config" / "cluster.key"

    def direct(self, name: str, path: str, method: str = "GET", keyed: bool = True, **options) -> requests.Response:
        """Straight to a process on its own port, without the gateway and without being recorded.

        `keyed`: as the instance's own processes ask, which show its key."""
        options.setdefault("timeout", 30.0)
        if keyed:
            options["headers"] = {"Sportapp-Key": credential(self.key_file), **options.get("headers", {})}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, f"http://127.0.0.1:{self.port_of(name)}{path}", **options)

    # --- what is in it ---

    def events(self, after: int = 0, service: str = "users") -> list:
        """The committed events behind `after`, from the primary's feed."""
        found = []
        while True:
            new = [json.loads(line) for line in self._feed(service, after).splitlines() if line]
            if not new:
                return found
            found += new
            after = new[-1]["seq"]

    def _feed(self, service: str, after: int) -> str:
        def page():
            for name in nodes_of(service):
                with contextlib.suppress(OSError):  # it may be away, or not the primary
                    answer = self.direct(name, "/internal/feed", params={"after": after, "limit": 1000})
                    if answer.status_code == 200:
                        return answer
            return None
        return until(f"a node of {service} gives its feed", page).text

    def users_in_journal(self, after: int = 0) -> list:
        """What the events behind `after` say of users."""
        payloads = [event["payload"] for event in self.events(after)]
        return [json.loads(payload) if isinstance(payload, str) else payload for payload in payloads]

    def journal_head(self, service: str = "users") -> int:
        """The seq of the last durable entry."""
        new = self.events(self._heads.get(service, 0), service)
        if new:
            self._heads[service] = new[-1]["seq"]
        return self._heads.get(service, 0)

    def wait_for_position(self, position, within_s: float = 20.0):
        """Until both read models hold it: a number, `products=7`, or an answer that carries one."""
        if isinstance(position, requests.Response):
            position = position.headers["Sportapp-Position"]
        if isinstance(position, int):
            position = f"users={position}"
        service = position.split("=")[0]

        def holds(name):
            answer = self.direct(name, f"/api-queries/{service}?limit=1",
                                 headers={"Sportapp-Position": position, "Prefer": "wait=5"})
            return answer.status_code == 200

        for name in queries_of(service):
            until(f"{name} holds {position}", lambda name=name: holds(name), within_s)

    def user(self, username: str) -> list:
        """What the query side shows under that name."""
        return self.get("/api-queries/users", params={"username": username}).json()

    # --- faults ---

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Sends the signal to one process, by its name in `status`; gives its pid."""
        self.note_processes()
        pid = self.process(name).pid
        os.kill(pid, number)
        return pid

    @staticmethod
    def resume(pid: int):
        """Lets a stopped process go on; that it was killed because it hung is as good."""
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def wait_restarted(self, name: str, old_pid: int, within_s: float = 30.0) -> ProcessInfo:
        def again():
            now = self.process(name)
            return now if now.state in SERVING and now.pid != old_pid else None
        found = until(f"{name} runs again, after pid {old_pid}", again, within_s, every_s=0.2)
        self.note_processes()
        return found

    def healthy(self) -> bool:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(f"{self.url}/health", timeout=5).status_code == 200

    def wait_healthy(self, within_s: float = 60.0):
        try:
            until("/health is 200", self.healthy, within_s, every_s=0.1)
        except AssertionError as failed:
            raise AssertionError(f"{failed}\n{self.log_tails()}") from None

    # --- the end ---

    def note_processes(self):
        """Remembers every process of the instance, so that one left behind is found."""
        try:
            supervisor = self.supervisor_pid()
        except (OSError, ValueError, KeyError):
            return
        self._seen.update({(seen.pid, seen.start): seen for seen in processes.family(supervisor)})

    def left_behind(self, within_s: float = 10.0) -> list:
        """Processes of the instance that are there though it should be over."""
        left = processes.still_alive(self._seen.values(), within_s)
        return left or processes.still_alive(processes.naming(str(self.data)), within_s)

    def sanitizer_reports(self) -> list:
        """Lines of the logs in which a sanitizer complains."""
        found = []
        for file in sorted((self.data / "logs").glob("*.log*")):
            lines = file.read_text(errors="replace").splitlines()
            for number, line in enumerate(lines):
                if any(report in line for report in SANITIZER_REPORTS):
                    found.append(f"{file.name}:{number + 1}: " + "\n    ".join(lines[number:number + 25]))
        return found

    def log(self, name: str) -> str:
        return (self.data / "logs" / f"{name}.log").read_text(errors="replace")

    def log_tails(self, lines: int = 15) -> str:
        """The end of every log: what a failed start says."""
        texts = []
        for file in sorted((self.data / "logs").glob("*.log")):
            tail = file.read_text(errors="replace").splitlines()[-lines:]
            if tail:
                texts.append("\n".join([f"--- {file.name}", *tail]))
        return "\n".join(texts)

    def finish(self):
        """Stops it; fails when that fails, when something stays behind, or when a sanitizer complained."""
        self.note_processes()
        ran = any(map(processes.alive, self._seen.values()))
        stopped = self.down()
        left = self.left_behind()
        for seen in left:  # our own: nothing may disturb the next test
            try:
                os.kill(seen.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        reports = self.sanitizer_reports()
        assert not left, f"left behind after down: {left}\n{self.log_tails()}"
        said = f"{stopped.stdout}{stopped.stderr}"
        assert stopped.returncode == 0 or not ran, f"down failed ({stopped.returncode}): {said}"
        assert not reports, "\n".join(reports)


@contextlib.contextmanager
def running(data: Path, **options):
    """An instance that is up for the length of the block; stopped and checked at its end, whatever happens in it."""
    instance = Instance(data, **options)
    try:
        instance.up()
        yield instance
    finally:
        instance.finish()
