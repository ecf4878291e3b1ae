"""What the tests of installing begin with."""
import os

import pytest

import sportapp
from commands import needed, run


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The root below which the built programs were installed with the prefix /usr."""
    root = tmp_path_factory.mktemp("root")
    run("cmake", "--install", sportapp.bin_dir().parent, "--prefix", "/usr", "--strip",
        env=os.environ | {"DESTDIR": str(root)})
    return root


@pytest.fixture(scope="session")
def released():
    """The build under test; where that has sanitizers, which nobody installs, the release build, built as ./sportapp does."""
    build = sportapp.bin_dir().parent
    if "SPORTAPP_SANITIZE:STRING=\n" in (build / "CMakeCache.txt").read_text():
        return build
    script = f'set -euo pipefail; here={sportapp.ROOT}; source "$here/tools/setup.sh"; build_quietly release programs'
    run("bash", "-c", script, within_s=1500)
    return sportapp.ROOT / "build" / "release"


@pytest.fixture(scope="session")
def package(released, tmp_path_factory):
    """The file of the Debian package."""
    for program in ("cpack", "dpkg-shlibdeps", "file"):
        needed(program)
    folder = tmp_path_factory.mktemp("package")
    run("cpack", "-G", "DEB", "-B", folder, cwd=released)
    (file,) = folder.glob("*.deb")
    return file
