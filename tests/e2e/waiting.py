"""Waiting for what must come, with a bound that only a defect reaches."""
import time


def until(what: str, condition, within_s: float = 30.0, every_s: float = 0.05):
    """The first true value of condition(); what it raises counts as not yet."""
    deadline = time.monotonic() + within_s
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except Exception as failed:  # the thing waited for may not be there to be asked yet
            last = failed
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within_s:.0f} s for: {what}; the last try gave {last!r}")
        time.sleep(every_s)
