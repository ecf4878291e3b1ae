"""The experiment is a package of its own, and what is released has nothing of it."""
import shutil
import subprocess

import pytest

import sportapp
from commands import needed, run

PROGRAMS = ("sportapp", "monitor", *(f"{name}-{side}" for name in sportapp.NAMES for side in ("commands", "queries")))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_released_program_has_no_symbol_of_the_lab(released, program):
    needed("nm")
    symbols = run("nm", "-C", released / "bin" / program).splitlines()
    assert len(symbols) > 100, "it is stripped: nothing can be seen in it"
    assert [line for line in symbols if "sportapp::lab::" in line or "poison" in line.lower()] == []


def test_the_lab_has_them_where_they_can_be_seen():
    """Else the test above could not fail."""
    assert "sportapp::lab::" in run("nm", "-C", sportapp.bin_dir() / "sportapp-lab")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Of the build under test, in which the lab is built."""
    for program in ("cpack", "dpkg-shlibdeps", "file"):
        needed(program)
    folder = tmp_path_factory.mktemp("lab-package")
    run("cpack", "--config", "CPackLab.cmake", "-B", folder, cwd=sportapp.bin_dir().parent)
    (file,) = folder.glob("*.deb")
    return file


def test_its_package_needs_the_other_of_the_same_version(package):
    version = run(sportapp.bin_dir() / "sportapp", "version").split()[1]
    assert package.name.startswith(f"sportapp-lab_{version}_")
    assert f"sportapp (= {version})" in run("dpkg-deb", "-f", package, "Depends")


def test_both_together_know_the_ready_scenarios(package, installed, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(installed, root, symlinks=True)
    alone = [path.relative_to(root) for path in root.rglob("*")]
    assert not [path for path in alone if "lab" in path.parts or "scenarios" in path.parts]
    run("dpkg-deb", "-x", package, root)
    listed = run(root / "usr/bin/sportapp", "experiment", "list")
    for scenario in (sportapp.ROOT / "experiment/scenarios").glob("*.toml"):
        assert scenario.stem in listed
    assert "--tactics" in run(root / "usr/bin/sportapp", "experiment", "run", "--help")


def test_without_it_the_command_says_what_is_missing(installed):
    done = subprocess.run([installed / "usr/bin/sportapp", "experiment", "list"], capture_output=True, text=True,
                                   check=False)
    assert done.returncode == 1
    assert "sportapp-lab" in done.stderr and "install" in done.stderr
