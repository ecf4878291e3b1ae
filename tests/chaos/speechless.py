"""Processes that get nothing done though nothing shows that they are stopped, as on a machine that is too busy: each of
their threads is held by a tracer. Only the thread that holds them may let them go."""
import contextlib
import ctypes
import errno
import os
import time

import pytest

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17  # ptrace(2)
ALL_THREADS = 0x40000000                       # __WALL of waitpid(2)
LOOK_EVERY_S = 0.05
ENDS_WITHIN_S = 5

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_ptrace.restype = ctypes.c_long


def _ask(what: int, thread: int) -> bool:
    """Whether the thread was still there."""
    if _ptrace(what, thread, None, None) == 0:
        return True
    number = ctypes.get_errno()
    if number != errno.ESRCH:
        raise OSError(number, f"ptrace {what:#x} of {thread}: {os.strerror(number)}")
    return False


def _hold(pid: int) -> list:
    """Gives the threads."""
    held = []
    with contextlib.suppress(FileNotFoundError):  # it ended
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):
            if _ask(SEIZE, thread) and _ask(INTERRUPT, thread):
                held.append(thread)
    return held


def _ended(threads: list) -> list:
    """Of the threads those that were killed; their parent learns it only once they are taken note of here."""
    ended = []
    for thread in threads:
        try:
            seen, status = os.waitpid(thread, ALL_THREADS | os.WNOHANG)
        except ChildProcessError:
            ended.append(thread)  # it is not held any more
            continue
        if seen and not os.WIFSTOPPED(status):
            ended.append(thread)
    return ended


def _take_note_of(threads: list):
    """Waits until all of them, which are being killed, have ended."""
    end = time.monotonic() + ENDS_WITHIN_S
    while threads and time.monotonic() < end:
        ended = _ended(threads)
        threads = [thread for thread in threads if thread not in ended]
        time.sleep(0.01)


def keep_speechless(pids: list, seconds: float):
    """Returns when they may speak again, or were killed."""
    try:
        threads = [thread for pid in pids for thread in _hold(pid)]
    except PermissionError as error:
        pytest.skip(f"this user can hold no process here: {error}")
    end = time.monotonic() + seconds
    try:
        while threads and time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
            ended = _ended(threads)
            threads = [thread for thread in threads if thread not in ended]
    finally:
        # Those that were killed since the last look are to be taken note of, too.
        _take_note_of([thread for thread in threads if not _ask(DETACH, thread)])
