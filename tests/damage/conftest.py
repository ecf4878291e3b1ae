"""Options and instances of the tests that damage files. --seed (or SPORTAPP_SEED) repeats a run, --only one start of it."""
import contextlib
import os
import random
import time

import pytest

from sportapp import Instance


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, help="repeats the run that printed it; SPORTAPP_SEED does the same")
    parser.addoption("--only", type=int, help="of the matrix, the start of this number alone")


@pytest.fixture
def long_mode() -> bool:
    return os.environ.get("SPORTAPP_LONG") == "1"


@pytest.fixture
def seed(request) -> int:
    chosen = request.config.getoption("--seed")
    if chosen is None:
        chosen = int(os.environ.get("SPORTAPP_SEED") or time.time_ns() % 1_000_000)
    print(f"\nSPORTAPP_SEED={chosen}", flush=True)
    return chosen


@pytest.fixture
def chance(seed) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def only(request):
    return request.config.getoption("--only")


@pytest.fixture
def new_instance(tmp_path):
    """Makes an instance that is not up yet; stopped and checked at the end of the test."""
    with contextlib.ExitStack() as ends:
        def make(settings: str = "") -> Instance:
            instance = Instance(tmp_path / "data", settings=settings)
            ends.callback(instance.finish)
            return instance
        yield make
