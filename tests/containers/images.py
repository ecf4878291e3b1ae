"""The images that the tests run, made on this machine: a small Debian, the programs, SportApp."""
import shutil
import subprocess
import time
from pathlib import Path

from sportapp import ROOT

BASE = "debian:bookworm-slim"
PROGRAMS = "sportapp-programs"
SPORTAPP = "sportapp"
CACHE = ROOT / "build" / "containers"
CACHE_S = 24 * 3600  # the packages in it get older

# What makes a Debian slim: no documents, and none of those that packages bring later.
SLIM = """#!/bin/sh
set -eu
cat >"$1/etc/dpkg/dpkg.cfg.d/docker" <<'EXCLUDES'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
EXCLUDES
rm -rf "$1/usr/share/man" "$1/usr/share/locale" "$1/usr/share/info" "$1/usr/share/lintian"
find "$1/usr/share/doc" -type f ! -name copyright -delete
"""
HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")


def base_tar() -> Path:
    """Debian 12 from where this machine takes its packages; kept for a day, for it takes a minute."""
    tar = CACHE / "base.tar"
    if tar.exists() and time.time() - tar.stat().st_mtime < CACHE_S:
        return tar
    CACHE.mkdir(parents=True, exist_ok=True)
    hook = CACHE / "slim.sh"
    hook.write_text(SLIM)
    hook.chmod(0o755)
    unfinished = CACHE / "unfinished.tar"
    done = subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--hook-dir={HOOKS}", "--include=usr-is-merged",
         '--aptopt=Apt::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io",
         f"--customize-hook={hook}", "bookworm", str(unfinished)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=900)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-4000:]
    return unfinished.rename(tar)


def make_base(daemon):
    with base_tar().open("rb") as tar:
        daemon.docker("import", "-", BASE, stdin=tar, within_s=300)


def make_programs(daemon, folder: Path):
    """An image that has below /image what `cmake --install` gives of the release build, built as ./sportapp builds it."""
    script = f'set -euo pipefail; here={ROOT}; source "$here/tools/setup.sh"; build_quietly release programs'
    done = subprocess.run(["bash", "-c", script], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-4000:]
    place = folder / "programs"
    subprocess.run(["cmake", "--install", str(ROOT / "build/release"), "--prefix", "/usr", "--strip"], check=True,
                   stdout=subprocess.DEVNULL, env={"DESTDIR": str(place / "image"), "PATH": "/usr/bin:/bin"})
    (place / "Dockerfile").write_text("FROM scratch\nCOPY image /image\n")
    daemon.docker("build", "--tag", PROGRAMS, place)
    shutil.rmtree(place)


def make_sportapp(daemon):
    daemon.docker("build", "--network", "host", "--build-arg", f"BASE={BASE}", "--build-arg", f"PROGRAMS={PROGRAMS}",
                  "--tag", SPORTAPP, ROOT, within_s=900)
