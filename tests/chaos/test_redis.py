"""Redis dies, forgets everything or hangs under load: registrations go on, and every event arrives, once."""
import os
import re
import signal
import time

import streams
from evidence import check_everything, wait_for_more
from load import Load
from sportapp import QUERIES


def events_counted(app, name: str) -> int:
    """How many events the process has written to its read model since it started."""
    samples = re.findall(r"^sportapp_projection_events_total(?:\{[^}]*\})? (\d+)", app.direct(name, "/metrics").text,
                         re.MULTILINE)
    return sum(map(int, samples))


def hang(app, seconds: float):
    pid = app.kill("redis", signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # whoever watches it may have replaced it


def test_no_registration_fails_and_every_event_arrives_whatever_redis_does(app, seed, long_mode):
    rounds = 3 if long_mode else 1
    with Load(app, seed, clients=6) as load:
        for _ in range(rounds):
            wait_for_more(load, 200)
            app.wait_restarted("redis", app.kill("redis"))
            wait_for_more(load, 200)
            streams.forget(app)
            wait_for_more(load, 200)
            hang(app, 30 if long_mode else 5)
            wait_for_more(load, 200)
            streams.forget(app)
            app.wait_restarted("redis", app.kill("redis"))
            wait_for_more(load, 200)
    assert not load.refused, f"registrations failed: {dict(load.refused)}"
    found = check_everything(app, load)
    for name in QUERIES:
        assert events_counted(app, name) == len(found), f"{name} did not write each event once"
    print(f"{len(found)} events, slowest registration {load.slowest_s:.2f} s")
