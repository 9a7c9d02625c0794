"""One daemon a state directory."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from curatord.daemon.lock import InstanceLock
from curatord.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, pathlib, time
from curatord.daemon.lock import InstanceLock
lock = InstanceLock(pathlib.Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def held(tmp_path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock of the temporary directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "curatord.lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process and close what belongs to it."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_second_taker_is_told_who_has_it(tmp_path: Path, held: subprocess.Popen[str]) -> None:
    """The message names the pid of the holder."""
    try:
        with pytest.raises(BusyError, match=f"pid {held.pid}"):
            InstanceLock(tmp_path / "curatord.lock").acquire()
    finally:
        end(held)


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path, held: subprocess.Popen[str]) -> None:
    """After kill -9 the next one starts, whatever stale pid stands in the file."""
    end(held)
    lock = InstanceLock(tmp_path / "curatord.lock")
    lock.acquire()
    assert lock.holder().pid == os.getpid()
    lock.release()


def test_the_lock_file_stays_after_release(tmp_path: Path) -> None:
    """Removing it would let two daemons lock two files of one name."""
    lock = InstanceLock(tmp_path / "curatord.lock")
    lock.acquire()
    lock.release()
    assert (tmp_path / "curatord.lock").exists()


def test_nonsense_in_the_note_is_no_error(tmp_path: Path) -> None:
    """A half-written pid file reads as nobody."""
    (tmp_path / "curatord.pid").write_bytes(b"\xff{")
    assert InstanceLock(tmp_path / "curatord.lock").holder().pid == 0


def test_a_look_at_the_lock_does_not_keep_a_daemon_from_starting(tmp_path: Path) -> None:
    """A client asks whether one runs just when one starts: the lock is its own an instant later."""
    path = tmp_path / "curatord.lock"
    path.touch()
    with path.open("rb") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        letting_go = threading.Timer(0.1, fcntl.flock, (looked_at, fcntl.LOCK_UN))
        letting_go.start()
        lock = InstanceLock(path)
        lock.acquire()
        letting_go.join()
    assert lock.holder().pid == os.getpid()
    lock.release()
