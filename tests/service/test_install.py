"""`curatord install` and its kin as processes, on a Mac whose launchctl is a stand-in and whose daemon is real."""

from __future__ import annotations

import os
import plistlib
import pty
import signal
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.service.advice import advice
from curatord.service.plan import Plan
from tests.daemon.helpers import note
from tests.live import CURATORD, Live, configure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.service.mac import Mac


@pytest.fixture
def live(mac: Mac, tmp_path: Path) -> Iterator[Live]:
    """A configuration on that Mac, with a note; a service that was installed is gone afterwards."""
    configured = configure(tmp_path)
    (configured.memory / "alpha.md").write_text(note("Alpha", 4001))
    yield configured
    mac.end()


def test_a_dry_run_prints_either_file_and_does_nothing(live: Live, mac: Mac) -> None:
    """On any platform, also without a configuration."""
    plist = live.command("install", "--dry-run", "--service", "launchd").stdout
    assert plistlib.loads(plist.encode())["EnvironmentVariables"]["CURATORD_CONFIG"] == str(live.config)
    unit = live.command("install", "--dry-run", "--service", "systemd").stdout
    assert "[Service]" in unit
    live.config.unlink()
    assert live.command("install", "--dry-run", "--service", "systemd").stdout == unit
    assert mac.calls() == []
    assert not mac.plist.exists()
    assert not live.state.exists()


@pytest.mark.slow
def test_the_service_is_installed_stopped_started_restarted_updated_and_removed(live: Live, mac: Mac) -> None:
    """The whole life of it, with the daemon that launchd starts."""
    status = live.json("install")
    assert status["pid"] == mac.pid()
    assert status["roots"][0]["path"] == str(live.memory)
    live.wait_for(lambda now: now["documents"] == 1)
    assert stat.S_IMODE(live.state.stat().st_mode) == 0o700

    assert live.command("stop").stdout == f"curatord (pid {status['pid']}) has stopped.\n"
    assert mac.job() is None
    assert live.command("status", check=False).returncode == 3
    assert live.command("stop", check=False).returncode == 3

    started = live.json("start")
    assert started["pid"] == mac.pid() != status["pid"]
    assert live.json("start")["pid"] == started["pid"]

    restarted = live.json("restart")
    assert restarted["pid"] == mac.pid() != started["pid"]

    mac.calls()
    updated = live.json("install")
    assert updated["pid"] == mac.pid() != restarted["pid"]
    assert [words[0] for words in mac.changes()] == ["bootout", "enable", "bootstrap"]

    assert "What curatord has made is kept" in live.command("uninstall").stdout
    assert mac.job() is None
    assert not mac.plist.exists()
    assert (live.state / "store.db").exists()
    assert live.command("uninstall", check=False).returncode == 1


def test_a_daemon_that_is_killed_comes_back(live: Live, mac: Mac) -> None:
    """That is what a service is for."""
    pid = live.json("install")["pid"]
    os.kill(pid, signal.SIGKILL)
    assert live.wait_for(lambda status: status["pid"] != pid)["pid"] == mac.pid()


def test_a_daemon_that_was_started_by_hand_makes_way_for_the_service(live: Live, mac: Mac) -> None:
    """Both at once cannot be."""
    live.start()
    assert live.process is not None
    by_hand = live.process
    done = live.command("install", "--json")
    assert by_hand.wait(10) == 0
    assert f"(pid {by_hand.pid}) makes way for the service" in done.stderr
    assert orjson.loads(done.stdout)["pid"] == mac.pid()


def test_an_invalid_configuration_is_told_before_anything_is_done(live: Live, mac: Mac) -> None:
    """As is one that is missing."""
    live.config.write_text("[memory]\nsettle = 3\n")
    assert live.command("install", check=False).returncode == 5
    live.config.unlink()
    done = live.command("install", check=False)
    assert done.returncode == 5
    assert "There is no configuration file" in done.stderr
    assert "curatord init" in done.stderr
    assert mac.calls() == []
    assert not mac.plist.exists()


def test_a_daemon_that_does_not_come_is_told_with_what_its_log_and_launchd_say(live: Live) -> None:
    """A store that is none keeps it from starting."""
    live.state.mkdir(mode=0o700)
    (live.state / "store.db").write_bytes(b"no database at all" * 100)
    done = live.command("install", "--timeout", "4", check=False)
    assert done.returncode == 1
    assert "The service was started, but curatord is not running." in done.stderr
    assert "launchd: last exit code = 1" in done.stderr
    assert "store.db" in done.stderr
    assert "curatord doctor" in done.stderr


def test_a_service_on_another_configuration_is_left_alone(live: Live, mac: Mac, tmp_path: Path) -> None:
    """Each command tells whose it is; `stop` means the daemon of its own configuration."""
    pid = live.json("install")["pid"]
    other = configure(tmp_path / "other")
    for command in ("start", "restart"):
        done = other.command(command, check=False)
        assert done.returncode == 5
        assert str(live.config) in done.stderr
    assert other.command("stop", check=False).returncode == 3
    assert mac.pid() == pid


@pytest.mark.parametrize("command", ["start", "restart"])
def test_without_a_service_there_is_nothing_to_start(live: Live, command: str) -> None:
    """And the way to one is told."""
    done = live.command(command, check=False)
    assert done.returncode == 1
    assert "curatord install" in done.stderr


def test_purge_deletes_what_curatord_made_and_nothing_else(live: Live, mac: Mac) -> None:
    """Somebody's own file in the state directory stays, and so do notes and configuration."""
    live.json("install")
    live.wait_for(lambda status: status["documents"] == 1)
    (live.state / "mine.txt").touch()
    assert live.command("uninstall", "--purge", check=False).returncode == 2
    assert mac.job() is not None

    done = live.command("uninstall", "--purge", "--yes")

    assert "mine.txt" in done.stdout
    assert [path.name for path in live.state.iterdir()] == ["mine.txt"]
    assert not (mac.home / "Library/Logs/curatord/launchd.log").exists()
    assert live.config.exists()
    assert (live.memory / "alpha.md").exists()


def test_purge_asks_first(live: Live, mac: Mac) -> None:
    """No is the default, and then nothing happens at all."""
    live.json("install")
    pid = mac.pid()
    asked = on_terminal([*CURATORD, "--config", str(live.config), "uninstall", "--purge"], b"\n")
    assert "Delete all that curatord has made" in asked
    assert mac.pid() == pid
    on_terminal([*CURATORD, "--config", str(live.config), "uninstall", "--purge"], b"y\n")
    assert mac.job() is None
    assert not live.state.exists()


def test_an_interpreter_that_cannot_run_curatord_alone_is_told(tmp_path: Path) -> None:
    """Packages of the user's own are not seen with -I."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'No module named curatord' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(Exception, match="No module named curatord"):
        Plan(broken, tmp_path / "c.toml", tmp_path).check()


def test_advice_names_the_program_that_macos_has_to_let_in(mac: Mac, tmp_path: Path) -> None:
    """Only for places that macOS protects; on Linux it is about lingering."""
    documents = mac.home / "Documents/notes"
    (told,) = advice("launchd", [documents, mac.home / "notes"])
    assert str(documents) in told
    assert "Full Disk Access" in told
    assert os.path.realpath(sys.executable) in told
    assert advice("launchd", [mac.home / "notes"]) == []
    assert "enable-linger" in advice("systemd", [], lingering=tmp_path)[0]


def on_terminal(command: list[str], answer: bytes) -> str:
    """Run a command on a terminal of its own, answer its question, and return what it printed."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    printed = b""
    while b"]: " not in printed:
        printed += os.read(leader, 1024)
    os.write(leader, answer)
    process.wait(40)
    time.sleep(0.05)
    os.close(leader)
    return printed.decode()
