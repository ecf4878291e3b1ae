"""Running programs, and leaving out what needs one that is not there."""
import shutil
import subprocess

import pytest


def run(*command, within_s: float = 120.0, **options):
    """Its output, both streams; it must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=within_s, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout[-4000:]}"
    return done.stdout


def needed(program: str) -> str:
    """Where it is; without it the test is skipped, and says so."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"NOT CHECKED: {program} is not installed; see tools/packages.txt")
    return found
