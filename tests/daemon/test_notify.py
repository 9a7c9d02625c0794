"""The protocol of sd_notify(3), over real datagram sockets and with a real daemon process."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import curatord
from curatord.control.client import Client
from curatord.daemon.gauge import Gauge
from curatord.daemon.notify import ServiceManager, sentence
from curatord.daemon.upgrade import UpgradedError, UpgradeWatch
from curatord.paths import StateDirectory
from tests.live import configure, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curatord.daemon.status import Status


class Listener:
    """The service manager's end of the socket."""

    def __init__(self, address: str) -> None:
        """Listen at a path, or at an abstract name that begins with @."""
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.settimeout(30)
        self.heard: list[dict[str, str]] = []

    def hear(self) -> dict[str, str]:
        """Return the next message."""
        lines = self.socket.recv(65536).decode().split("\n")
        self.heard.append(dict(line.split("=", 1) for line in lines))
        return self.heard[-1]

    def hear_until(self, name: str, value: str | None = None) -> dict[str, str]:
        """Return the next message with an assignment."""
        while True:
            heard = self.hear()
            if name in heard and value in (None, heard[name]):
                return heard

    def has_nothing(self) -> bool:
        """Tell whether nothing waits to be heard."""
        self.socket.settimeout(0)
        try:
            self.socket.recv(65536)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(30)
        return False


@contextmanager
def listening(address: str) -> Iterator[Listener]:
    """Listen for the length of a block."""
    listener = Listener(address)
    with listener.socket:
        yield listener


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    """A listener at either kind of address."""
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("abstract sockets are Linux's")
    with listening(f"@curatord-{uuid.uuid4()}" if request.param == "abstract" else str(tmp_path / "notify")) as made:
        yield made


def status() -> Status:
    """Return how things stand in a daemon that has seen nothing."""
    return Gauge("curatord.toml", state="ready").status(0)


async def tell_for(manager: ServiceManager, seconds: float, told: Callable[[], Status] = status) -> None:
    """Keep telling for a while."""
    telling = asyncio.create_task(manager.keep_telling(told))
    await asyncio.sleep(seconds)
    telling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await telling


def test_readiness_is_told(listener: Listener) -> None:
    """At a path or at an abstract name."""
    ServiceManager(listener.address).ready()
    assert listener.hear() == {"READY": "1"}


def test_a_reload_is_told_with_the_monotonic_time_and_ends_with_readiness(listener: Listener) -> None:
    """Also one that fails; and nothing is told before the daemon was ready."""
    manager = ServiceManager(listener.address)
    with manager.reloading():
        pass
    assert listener.has_nothing()
    manager.ready()
    listener.hear()
    before = time.monotonic_ns() // 1000
    with pytest.raises(ValueError, match="no"), manager.reloading():
        raise ValueError("no")
    heard = listener.hear()
    assert heard["RELOADING"] == "1"
    assert before <= int(heard["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert listener.hear() == {"READY": "1"}


def test_signs_of_life_come_twice_as_often_as_they_are_due(listener: Listener) -> None:
    """And the end is told."""
    asyncio.run(tell_for(ServiceManager(listener.address, watchdog_seconds=0.2), 0.95))
    beats = 0
    while "WATCHDOG" in (heard := listener.hear()):
        beats += 1
    assert 6 <= beats <= 10
    assert heard == {"STOPPING": "1", "STATUS": "stopping"}


def test_without_a_watchdog_only_what_has_changed_is_told(listener: Listener) -> None:
    """The status is one line, once."""
    asyncio.run(tell_for(ServiceManager(listener.address, tell_every=0.01), 0.2))
    assert listener.hear() == {"STATUS": "ready: 0 notes, 0 pairs"}
    assert "STOPPING" in listener.hear()


def test_nobody_is_told_where_nobody_listens() -> None:
    """No manager, or one that has gone: the daemon goes on."""
    ServiceManager().ready()
    ServiceManager("/nowhere/notify").ready()


def test_the_environment_names_the_manager_once(tmp_path: Path) -> None:
    """Children of the daemon are not to speak for it."""
    with listening(str(tmp_path / "notify")) as listener:
        environment = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "200000", "HOME": "/h"}
        environment["WATCHDOG_PID"] = str(os.getpid())
        manager = ServiceManager.from_environment(environment)
        assert environment == {"HOME": "/h"}
        asyncio.run(tell_for(manager, 0.01))
        assert listener.hear()["WATCHDOG"] == "1"


@pytest.mark.parametrize(
    "variables",
    [{"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {}],
)
def test_a_watchdog_for_others_or_of_no_length_is_none(tmp_path: Path, variables: dict[str, str]) -> None:
    """As sd_watchdog_enabled(3) has it."""
    with listening(str(tmp_path / "notify")) as listener:
        manager = ServiceManager.from_environment({"NOTIFY_SOCKET": listener.address, **variables})
        asyncio.run(tell_for(manager, 0.01))
        assert "WATCHDOG" not in listener.hear()


def test_an_address_of_another_kind_is_left_alone() -> None:
    """vsock is for machines."""
    ServiceManager.from_environment({"NOTIFY_SOCKET": "vsock:2:1"}).ready()


def test_the_sentence_names_what_is_wrong_and_what_goes_on() -> None:
    """On one line."""
    gauge = Gauge("curatord.toml", state="working", pending=3)
    assert sentence(gauge.status(0)) == "working: 0 notes, 0 pairs, 3 notes to read"


# --- upgrades ---------------------------------------------------------------------------------------------------------


def test_a_new_version_counts_when_it_was_seen_twice(tmp_path: Path) -> None:
    """An installer needs a moment; the same version, none, and one that has gone again are no upgrade."""
    file = tmp_path / "__init__.py"
    watch = UpgradeWatch(file, "1.0")
    seen = []
    for text in ('"1.0"', None, '"1.1"', '"1.2"', None, '"1.2"', '"1.2"'):
        file.unlink(missing_ok=True)
        if text:
            file.write_text(f"__version__ = {text}\n")
        seen.append(watch.look())
    assert seen == [None, None, None, None, None, None, "1.2"]


def test_the_version_of_this_code_is_found_where_it_stands() -> None:
    """The pattern fits the real file."""
    assert UpgradeWatch(running="0.0.0").look() is None
    watch = UpgradeWatch(running="0.0.0")
    watch.look()
    assert watch.look() == curatord.__version__


def test_a_daemon_that_nobody_starts_again_does_not_make_way() -> None:
    """It would be gone for good."""
    manager = ServiceManager(tell_every=0.01)
    asyncio.run(tell_for(manager, 0.1))
    manager.part()


# --- a real daemon ----------------------------------------------------------------------------------------------------


def test_a_daemon_is_ready_when_it_answers_and_tells_of_reload_and_end(tmp_path: Path) -> None:
    """READY comes when the socket answers, and not before; STATUS follows what happens."""
    with listening(str(tmp_path / "notify")) as listener:
        live = configure(tmp_path)
        live.environment = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "400000"}
        try:
            live.start(wait=False)
            listener.hear_until("READY")
            assert Client(StateDirectory(live.state)).is_answering()
            live.wait_for(lambda status: status["state"] == "ready")
            listener.hear_until("WATCHDOG")
            listener.hear_until("WATCHDOG")
            assert "ready: 0 notes, 0 pairs" in [message.get("STATUS") for message in listener.heard]
            assert live.command("reload").returncode == 0
            listener.hear_until("RELOADING")
            listener.hear_until("READY")
            assert live.process is not None
            live.process.send_signal(signal.SIGHUP)
            listener.hear_until("RELOADING")
            listener.hear_until("READY")
            assert live.stop() == 0
            assert listener.hear_until("STOPPING")["STATUS"] == "stopping"
        finally:
            if live.process is not None:
                live.kill()


def test_a_daemon_that_no_longer_turns_gives_no_sign_of_life(tmp_path: Path) -> None:
    """Stopped in its tracks it is silent, and the manager may act."""
    with listening(str(tmp_path / "notify")) as listener:
        live = configure(tmp_path)
        live.environment = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "200000"}
        try:
            live.start()
            assert live.process is not None
            live.process.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
            while not listener.has_nothing():
                pass
            time.sleep(0.5)
            assert listener.has_nothing()
            live.process.send_signal(signal.SIGCONT)
            assert listener.hear_until("WATCHDOG")
        finally:
            live.kill()


def test_a_daemon_hides_the_manager_from_what_it_starts(tmp_path: Path) -> None:
    """A hook sees no NOTIFY_SOCKET."""
    seen = tmp_path / "seen"
    extra = f'[[hooks]]\non = "shards_written"\ncommand = ["sh", "-c", "env > {seen}.part && mv {seen}.part {seen}"]\n'
    with listening(str(tmp_path / "notify")) as listener:
        live = configure(tmp_path, extra=extra)
        live.environment = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "60000000"}
        (live.memory / "note.md").write_text(
            "# Cold store\n\nThe cold store keeps seeds at 4 degrees Celsius in 12 jars.\n"
        )
        try:
            live.start()
            deadline = time.monotonic() + 20
            while not seen.exists():
                assert time.monotonic() < deadline, live.output()
                time.sleep(0.02)
        finally:
            live.kill()
    assert "CURATORD_EVENT=shards_written" in seen.read_text()
    assert "NOTIFY_SOCKET" not in seen.read_text()
    assert "WATCHDOG" not in seen.read_text()


@pytest.mark.slow
def test_a_managed_daemon_makes_way_for_a_version_that_is_installed_over_it(tmp_path: Path) -> None:
    """It ends cleanly with an exit code upon which managers start it again; the state is free by then."""
    site = tmp_path / "site"
    shutil.copytree(Path(curatord.__file__).parent, site / "curatord", ignore=shutil.ignore_patterns("__pycache__"))
    live = configure(tmp_path)
    with listening(str(tmp_path / "notify")) as listener:
        told = {"NOTIFY_SOCKET": listener.address, "WATCHDOG_USEC": "200000", "CURATORD_SERVICE": "systemd"}
        process = subprocess.Popen(
            [sys.executable, "-m", "curatord", "--config", str(live.config), "run"],
            cwd=site,
            env=os.environ | told | {"PYTHONPATH": str(site)},
            stderr=subprocess.PIPE,
        )
        try:
            listener.hear_until("STATUS", "ready: 0 notes, 0 pairs")
            code = site / "curatord" / "__init__.py"
            code.write_text(code.read_text().replace(f'"{curatord.__version__}"', '"9.9.9"'))
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == 75
        assert errors.decode() == f"curatord: curatord {curatord.__version__} makes way for 9.9.9.\n"
        listener.hear_until("STOPPING")
    with running(tmp_path) as again:
        assert again.status()["state"] == "ready"


def test_an_upgrade_is_told_as_an_error_of_ours() -> None:
    """Its exit code is EX_TEMPFAIL."""
    assert UpgradedError("2.0").exit_code == 75
