"""A Docker daemon, the images and one instance for all tests here. Where Docker cannot run, they skip and say why."""
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import images
from docker_daemon import DockerDaemon
from stack import Stack


@pytest.fixture(scope="session")
def daemon():
    # Not below pytest's folder: the path of the daemon's socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="sportapp-docker-"))
    own = DockerDaemon(folder)
    try:
        own.start()
        yield own
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def image(daemon):
    """The name of the image of SportApp; all of it made here, unless SPORTAPP_IMAGE names one that the daemon has."""
    if "SPORTAPP_IMAGE" in os.environ:
        return os.environ["SPORTAPP_IMAGE"]
    images.make_base(daemon)
    images.make_programs(daemon, daemon.folder)
    images.make_sportapp(daemon)
    return images.SPORTAPP


@pytest.fixture(scope="session")
def stack(daemon, image):
    """One instance, up; every test leaves it as it found it."""
    one = Stack(daemon)
    try:
        one.up()
        yield one
    finally:
        one.down()


@pytest.fixture(scope="session")
def long_mode() -> bool:
    return os.environ.get("SPORTAPP_LONG") == "1"
