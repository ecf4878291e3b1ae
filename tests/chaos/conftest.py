"""Instances and disks for tests that break things. SPORTAPP_LONG=1 is the long mode, SPORTAPP_SEED repeats a run."""
import os
import random
import time

import pytest

import disks as disk_module
from sportapp import Instance


@pytest.fixture
def long_mode() -> bool:
    return os.environ.get("SPORTAPP_LONG") == "1"


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("SPORTAPP_SEED") or time.time_ns() % 1_000_000)
    print(f"SPORTAPP_SEED={chosen}")
    return chosen


@pytest.fixture
def chance(seed) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def disks(tmp_path):
    made = disk_module.make(tmp_path)
    yield made
    made.finish()


@pytest.fixture
def new_instance(tmp_path):
    """new_instance(data) is an instance that is not up yet, with `settings` as its sportapp.toml; stopped and checked at
    the end of the test."""
    made = []

    def make(data=None, settings=""):
        instance = Instance(data or tmp_path / "data", settings=settings)
        made.append(instance)
        return instance

    yield make
    for instance in made:
        instance.finish()


@pytest.fixture
def app(new_instance):
    instance = new_instance()
    instance.up()
    return instance
