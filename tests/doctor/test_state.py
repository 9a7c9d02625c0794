"""State directory, store and socket: each shown as it should be, and not, with real files and a real daemon."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from curatord.doctor import state
from curatord.doctor.finding import Level, Situation, situation
from curatord.store.database import Store
from tests.doctor.unprivileged import unchecked
from tests.live import Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running daemon."""
    with running(tmp_path_factory.mktemp("live")) as daemon:
        yield daemon


# --- the directory ----------------------------------------------------------------------------------------------------


def test_a_state_directory_that_can_be_made_and_one_that_is_private_are_ok(still: Live, here: Situation) -> None:
    """Before the first start, and after it."""
    assert state.permissions(here).level is Level.OK
    still.state.mkdir(mode=0o700)
    assert state.permissions(here).level is Level.OK


def test_a_state_directory_that_others_may_look_into_warns_until_the_remedy_is_applied(
    still: Live, here: Situation
) -> None:
    """The command really mends it."""
    still.state.mkdir()
    still.state.chmod(0o755)
    finding = state.permissions(here)
    assert finding.level is Level.WARN
    subprocess.run(shlex.split(finding.remedy), check=True)
    assert state.permissions(here).level is Level.OK


def test_a_state_directory_that_may_not_be_written_fails(unprivileged_root: Path) -> None:
    """Or may not be made."""
    live = configure(unprivileged_root)
    live.state.mkdir(mode=0o500)
    here = unchecked(live)
    finding = state.permissions(here)
    assert (finding.level, finding.remedy) == (Level.FAIL, f"chmod u+rwx {live.state}")
    live.state.rmdir()
    unprivileged_root.chmod(0o500)
    assert "cannot be made" in state.permissions(here).message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_belongs_to_another_user_fails(still: Live, here: Situation) -> None:
    """As after a start with sudo: the directory, or a file in it."""
    still.state.mkdir(mode=0o700)
    (still.state / "store.db").touch()
    os.chown(still.state / "store.db", 65534, -1)
    assert "store.db belongs to another user" in state.permissions(here).message
    os.chown(still.state, 65534, -1)
    finding = state.permissions(here)
    assert finding.level is Level.FAIL
    assert finding.remedy.startswith("sudo chown -R $USER ")


def test_a_file_in_the_way_of_the_state_directory_fails(still: Live, here: Situation) -> None:
    """It is moved away, not removed."""
    still.state.write_text("")
    finding = state.permissions(here)
    assert (finding.level, finding.remedy) == (Level.FAIL, f"mv {still.state} {still.state}.old")


# --- the store --------------------------------------------------------------------------------------------------------


def test_no_store_and_a_whole_one_are_ok(still: Live, here: Situation) -> None:
    """Before the first start, and after it."""
    assert state.store(here).level is Level.OK
    still.state.mkdir()
    Store.open(still.state / "store.db").close()
    assert state.store(here).level is Level.OK


def test_a_store_with_damaged_pages_fails(still: Live, here: Situation) -> None:
    """What SQLite itself finds out of order."""
    still.state.mkdir()
    file = still.state / "store.db"
    Store.open(file).close()
    content = bytearray(file.read_bytes())
    content[4096 : len(content) : 64] = b"\xff" * len(range(4096, len(content), 64))
    file.write_bytes(content)
    finding = state.store(here)
    assert finding.level is Level.FAIL
    assert finding.remedy.endswith("curatord build")


def test_a_file_that_is_no_database_fails(still: Live, here: Situation) -> None:
    """Whatever was put there."""
    still.state.mkdir()
    (still.state / "store.db").write_text("no database")
    assert state.store(here).level is Level.FAIL


# --- the socket -------------------------------------------------------------------------------------------------------


def test_without_a_daemon_an_empty_place_is_ok(here: Situation) -> None:
    """Nothing is in the way of the next one."""
    assert state.socket(here).level is Level.OK


def test_a_daemon_that_answers_is_ok(live: Live) -> None:
    """With its process."""
    assert live.process is not None
    finding = state.socket(situation(live.config))
    assert finding.level is Level.OK
    assert f"pid {live.process.pid}" in finding.message


def test_a_socket_that_others_may_use_fails_until_the_remedy_is_applied(live: Live) -> None:
    """The command really mends it."""
    (live.state / "curatord.sock").chmod(0o666)
    finding = state.socket(situation(live.config))
    assert finding.level is Level.FAIL
    subprocess.run(shlex.split(finding.remedy), check=True)
    assert state.socket(situation(live.config)).level is Level.OK


def test_a_daemon_that_was_killed_leaves_a_stale_socket_which_warns(tmp_path: Path) -> None:
    """Harmless, and told."""
    with running(tmp_path) as killed:
        killed.kill()
        finding = state.socket(situation(killed.config))
    assert finding.level is Level.WARN
    subprocess.run(shlex.split(finding.remedy), check=True)
    assert state.socket(situation(killed.config)).level is Level.OK


def test_a_daemon_whose_socket_is_gone_fails(tmp_path: Path) -> None:
    """Someone has cleaned up too well."""
    with running(tmp_path) as live:
        (live.state / "curatord.sock").unlink()
        finding = state.socket(situation(live.config))
        assert live.process is not None
        assert (finding.level, finding.remedy) == (Level.FAIL, f"kill {live.process.pid}")


def test_something_else_in_the_place_of_the_socket_fails(still: Live, here: Situation) -> None:
    """No start could remove it."""
    still.state.mkdir()
    (still.state / "curatord.sock").write_text("")
    assert state.socket(here).level is Level.FAIL


def test_a_daemon_that_does_not_answer_fails(still: Live, here: Situation, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the lock, listens, and says nothing."""
    monkeypatch.setattr(state, "_SECONDS", 0.2)
    still.state.mkdir()
    with (still.state / "curatord.lock").open("w") as lock, socket.socket(socket.AF_UNIX) as listening:
        fcntl.flock(lock, fcntl.LOCK_EX)
        listening.bind(str(still.state / "curatord.sock"))
        (still.state / "curatord.sock").chmod(0o600)
        listening.listen()
        finding = state.socket(here)
    assert finding.level is Level.FAIL
    assert "did not answer" in finding.message


def test_a_daemon_of_another_version_warns(still: Live, here: Situation) -> None:
    """As after an upgrade without a restart."""
    still.state.mkdir()
    with (still.state / "curatord.lock").open("w") as lock, socket.socket(socket.AF_UNIX) as listening:
        fcntl.flock(lock, fcntl.LOCK_EX)
        listening.bind(str(still.state / "curatord.sock"))
        (still.state / "curatord.sock").chmod(0o600)
        listening.listen()
        answering = threading.Thread(target=_answer_once, args=(listening,))
        answering.start()
        finding = state.socket(here)
        answering.join()
    assert finding.level is Level.WARN
    assert "The daemon that runs is 0.0.1" in finding.message


def _answer_once(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        body = json.dumps({"version": "0.0.1", "pid": 1}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


def test_a_path_too_long_for_a_socket_is_no_trouble(tmp_path: Path) -> None:
    """It goes into a private place."""
    assert state.socket(situation(configure(tmp_path / ("long" * 30)).config)).level is Level.OK
