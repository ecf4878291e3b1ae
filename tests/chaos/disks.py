"""Small disks that can be filled, turned read-only or cut off, for a test; all gone at its end."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from waiting import until


def run(*command, check: bool = True) -> subprocess.CompletedProcess:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"})
    if check:
        assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}"
    return done


def skip(why: str):
    pytest.skip(f"NOT TESTED: {why}; run it as root on a machine where file systems can be mounted")


def fill(folder):
    """Takes all the room there is, and gives the file that holds it."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        block = bytes(64 * 1024)
        while block:
            try:
                file.write(block)
            except OSError:
                block = block[:len(block) // 2]
    return filler


class Disks:
    def __init__(self, folder: Path):
        self._folder = folder
        self._mounted = []  # of mount points, in order
        self._images = []

    def _mount(self, *arguments):
        target = Path(arguments[-1])
        target.mkdir(parents=True, exist_ok=True)
        done = run("mount", *arguments, check=False)
        if done.returncode != 0:
            skip(f"mount {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        self._mounted.append(target)

    def tmpfs(self, target: Path, size: str):
        self._mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", target)

    def _new_image(self) -> Path:
        self._images.append(self._folder / f"disk-{len(self._images) + 1}.img")
        return self._images[-1]

    def image(self, size: str, *make) -> Path:
        """A disk image with a file system, made by the command `make IMAGE`."""
        file = self._new_image()
        run("truncate", "-s", size, file)
        run(*make, file)
        return file

    def copy(self, image: Path) -> Path:
        file = self._new_image()
        shutil.copyfile(image, file)
        return file

    def loop(self, image: Path, target: Path):
        """Mounts the image; over what is mounted there already, if anything is."""
        self._mount("-o", "loop", image, target)

    def unmount(self, target: Path):
        # What was killed may take a moment to let go of its files.
        until(f"{target} is unmounted", lambda: run("umount", target, check=False).returncode == 0, 60)
        self._mounted.remove(target)  # the first of them, where two lie on each other

    def finish(self):
        failed = []
        for target in reversed(self._mounted):
            if run("umount", target, check=False).returncode != 0:
                failed.append(f"{target} was busy at the end")
                run("umount", "--lazy", target, check=False)
        self._mounted.clear()
        for image in self._images:
            image.unlink(missing_ok=True)
        assert not failed, "; ".join(failed)


def make(folder: Path) -> Disks:
    """Skips the test, loudly, where nothing can be mounted."""
    if os.geteuid() != 0:
        skip("mounting needs root")
    disks = Disks(folder)
    probe = folder / "probe"
    disks.tmpfs(probe, "1m")
    disks.unmount(probe)
    return disks
