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
def package(tmp_path_factory):
    """The file of the Debian package."""
    for program in ("cpack", "dpkg-shlibdeps", "file"):
        needed(program)
    folder = tmp_path_factory.mktemp("package")
    run("cpack", "-G", "DEB", "-B", folder, cwd=sportapp.bin_dir().parent)
    (file,) = folder.glob("*.deb")
    return file
