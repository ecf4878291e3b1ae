"""What runs for the length of a `with`."""
import subprocess


def end(process: subprocess.Popen, within_s: float):
    """Asks it to end, and makes it where it does not."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
