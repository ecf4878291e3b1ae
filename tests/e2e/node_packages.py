"""Packages of Node.js that a test needs, installed by npm as their lock file says; or a loud skip."""
import shutil
import subprocess
from pathlib import Path

import pytest

from sportapp import ROOT

INSTALL_TIMEOUT_S = 180


def installed(folder: Path) -> Path:
    """The node_modules of `folder`, which has package.json and package-lock.json; they are made below build/."""
    into = ROOT / "build" / folder.name
    into.mkdir(parents=True, exist_ok=True)
    wanted = (folder / "package-lock.json").read_bytes()
    packages, mark = into / "node_modules", into / "installed"
    if packages.exists() and mark.exists() and mark.read_bytes() == wanted:
        return packages
    if shutil.which("npm") is None:
        pytest.skip("NOT TESTED: npm is not installed; ./sportapp test as root installs it")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(folder / name, into)
    try:
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"],
                              cwd=into, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"NOT TESTED: npm did not install what {folder.name} needs within {INSTALL_TIMEOUT_S} s")
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED: npm could not install what {folder.name} needs: {done.stderr.strip()[-500:]}")
    mark.write_bytes(wanted)
    return packages


def says_only_what(lock_file: Path):
    """A lock file tells what to install and its hash, but not from where."""
    text = lock_file.read_text()
    assert '"resolved"' not in text
    assert '"integrity"' in text
