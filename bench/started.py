"""What runs for the length of a `with`."""
import subprocess
import time


def end(process: subprocess.Popen, within_s: float):
    """Asks it to end, and makes it where it does not."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(holds, within_s: float, otherwise: str):
    """An error of `holds` counts as no: it may pass."""
    until = time.monotonic() + within_s
    while True:
        try:
            if holds():
                return
            why = ""
        except Exception as failed:  # noqa: BLE001
            why = f" ({str(failed).strip()})"
        if time.monotonic() > until:
            raise RuntimeError(f"{otherwise}, after {within_s} s{why}")
        time.sleep(0.2)


class Started:
    """_start() begins it, _end() ends it; also what began of it where _start() failed."""

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()
