"""Roots that do not answer, or that macOS protects. Only the look itself is put in the test's hand."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from curatord.daemon.reach import Reach, executable, is_protected
from tests.daemon.helpers import note
from tests.live import running

HOME = Path("/Users/me")
ICLOUD = HOME / "Library/Mobile Documents/iCloud~md~obsidian/Documents/vault"


class Door:
    """A look into a directory that takes until it is opened, and may fail then."""

    def __init__(self, error: OSError | None = None) -> None:
        """Stay closed for now."""
        self.opened = threading.Event()
        self.error = error
        self.looks = 0

    def look(self, _directory: Path) -> None:
        """Wait for the door to be opened."""
        self.looks += 1
        assert self.opened.wait(30)
        if self.error is not None:
            raise self.error


def refusing(number: int) -> Door:
    """Return a door at which one is turned away at once."""
    door = Door(OSError(number, os.strerror(number)))
    door.opened.set()
    return door


@pytest.mark.parametrize(
    ("path", "protected"),
    [
        (HOME / "Documents", True),
        (HOME / "Desktop/notes", True),
        (HOME / "Downloads", True),
        (ICLOUD, True),
        (HOME / "Library/CloudStorage/Dropbox/notes", True),
        (Path("/Volumes/stick/notes"), True),
        (HOME / "notes", False),
        (HOME / "Documents2", False),
        (Path("/Users/other/Documents"), False),
        (HOME / "Library/Application Support", False),
    ],
)
def test_what_macos_protects_is_known_by_its_place(path: Path, protected: bool) -> None:
    """The five places of a home directory, and volumes."""
    assert is_protected(path, HOME) is protected


def test_a_directory_that_can_be_listed_has_no_barrier(tmp_path: Path) -> None:
    """Empty or not; one that is missing is somebody else's to tell."""
    reach = Reach()
    assert reach.barrier(tmp_path) is None
    (tmp_path / "note.md").touch()
    assert reach.barrier(tmp_path) is None
    assert reach.barrier(tmp_path / "missing") is None
    assert reach.barriers == {}


def test_a_directory_that_does_not_answer_is_waited_for_once() -> None:
    """The second time it is known; one thread hangs, and no second one is started."""
    door = Door()
    reach = Reach(door.look, seconds=0.2, macos=True, home=HOME)
    began = time.monotonic()
    told = reach.barrier(ICLOUD)
    assert 0.2 <= time.monotonic() - began < 2
    began = time.monotonic()
    assert reach.barrier(ICLOUD) == told == reach.barriers[ICLOUD]
    assert time.monotonic() - began < 0.1
    assert door.looks == 1
    assert told is not None
    assert f"Give Full Disk Access to {executable()} in System Settings" in told
    door.opened.set()


def test_when_it_answers_at_last_a_look_is_asked_for() -> None:
    """The barrier is gone with the next one."""
    door, answered = Door(), threading.Event()
    reach = Reach(door.look, seconds=0.05, macos=True, home=HOME)
    reach.answered = answered.set
    assert reach.barrier(ICLOUD)
    assert not answered.is_set()
    door.opened.set()
    assert answered.wait(5)
    assert reach.barrier(ICLOUD) is None
    assert reach.barriers == {}


def test_two_roots_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """One hangs, the other is read."""
    door = Door()
    reach = Reach(lambda path: door.look(path) if path == ICLOUD else None, seconds=0.05, macos=True, home=HOME)
    assert reach.barrier(ICLOUD)
    assert reach.barrier(tmp_path) is None
    assert list(reach.barriers) == [ICLOUD]
    door.opened.set()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES])
def test_a_refusal_in_a_protected_place_names_the_program_that_needs_the_right(number: int) -> None:
    """Not the link in a virtual environment: the file that runs."""
    told = Reach(refusing(number).look, macos=True, home=HOME).barrier(HOME / "Documents/notes")
    assert told is not None
    assert psutil.Process().exe() in told
    assert "Full Disk Access" in told
    assert not Path(executable()).is_symlink()


def test_a_refusal_elsewhere_is_a_matter_of_permissions() -> None:
    """The scan tells it as it always has."""
    assert Reach(refusing(errno.EACCES).look, macos=True, home=HOME).barrier(HOME / "notes") is None
    assert Reach(refusing(errno.EPERM).look, macos=False, home=HOME).barrier(HOME / "Documents") is None


def test_a_directory_that_was_evicted_to_the_cloud_is_told_as_such() -> None:
    """EDEADLK is what a dataless directory answers to a program that fetches nothing."""
    told = Reach(refusing(errno.EDEADLK).look, macos=True, home=HOME).barrier(ICLOUD)
    assert told is not None
    assert "not on this Mac" in told


def test_away_from_macos_a_silent_root_is_taken_for_a_volume_that_is_away() -> None:
    """Full Disk Access is no remedy there."""
    door = Door()
    told = Reach(door.look, seconds=0.05, macos=False, home=HOME).barrier(HOME / "Documents")
    assert told is not None
    assert "network volume" in told
    door.opened.set()


# --- in a daemon ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is needed to make a directory hang")
@pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")
def test_a_root_that_hangs_keeps_nobody_waiting_and_loses_no_pair(tmp_path: Path) -> None:
    """The daemon answers, the other root is read, the status says what is wrong; then it goes on by itself.

    The kernel holds back `open` of that one directory in the thread that looks, for eight seconds.
    """
    with running(tmp_path) as live:
        (live.memory / "a.md").write_text(note("Alpha", 4001))
        live.sync()
        known = live.status()["documents"]
        assert known == 1
        with Holding(live.process.pid if live.process else 0, live.memory, seconds=8):
            (tmp_path / "episodes" / "b.md").write_text(note("Beta", 4002))
            (live.memory / "c.md").write_text(note("Gamma", 4003))
            live.command("sync")
            told = live.wait_for(lambda status: bool(status["roots"][0]["barrier"]))
            assert told["roots"][0]["state"] == "unreadable"
            assert "does not answer" in told["roots"][0]["barrier"]
            assert live.wait_for(lambda status: status["documents"] == 2)["roots"][1]["state"] == "watching"
            assert "does not answer" in live.command("status").stdout
            problems = live.json("problems")["problems"]
            assert [problem["code"] for problem in problems if problem["root"] == "knowledge"] == ["unreadable"]
        live.wait_for(lambda status: status["documents"] == 3 and status["roots"][0]["state"] == "watching")


class Holding:
    """Holds back every `open` of a directory in the threads of a process, by ptrace."""

    def __init__(self, pid: int, directory: Path, seconds: float) -> None:
        """Name the process."""
        held = f"inject=openat:delay_enter={int(seconds * 1e6)}:when=1"
        self.command = ["strace", "-f", "-qq", "-p", str(pid), "-P", str(directory), "-e", "trace=openat", "-e", held]

    def __enter__(self) -> None:
        self.process = subprocess.Popen([*self.command, "-o", "/dev/null"])
        time.sleep(0.5)  # to attach

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.process.terminate()
        self.process.wait(10)
