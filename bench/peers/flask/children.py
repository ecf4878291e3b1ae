"""Child processes that end with their parent, whatever becomes of it."""
import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENDS_WITHIN_S = 10
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def free_ports(count: int) -> list:
    """All held at once, so that no two are the same."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def start(log: Path, command: list) -> subprocess.Popen:
    """Its output goes to the end of `log`. The system ends it when this process ends, even by -9."""
    with log.open("ab") as out:
        return subprocess.Popen([str(word) for word in command], cwd=HERE, stdin=subprocess.DEVNULL, stdout=out,
                                stderr=subprocess.STDOUT, start_new_session=True,
                                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))


def start_service(log: Path, module: str, port: int) -> subprocess.Popen:
    """One process that answers eight requests at once; what more comes waits."""
    return start(log, ["/usr/bin/gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", 1, "--threads", 8, module])


def end(*children: subprocess.Popen):
    """Asks them all to end, and ends what does not in time."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + ENDS_WITHIN_S
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def ping(port: int, within_s: float, path: str = "/ping") -> str:
    """`echo`; `wrong`: another status than 200; `silent`: nothing came in time; `gone`: nobody listens, or the
    connection broke."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=within_s) as answer:
            answer.read()
            return "echo"
    except urllib.error.HTTPError:
        return "wrong"
    except TimeoutError:
        return "silent"
    except urllib.error.URLError as failed:
        return "silent" if isinstance(failed.reason, TimeoutError) else "gone"
    except OSError:
        return "gone"
