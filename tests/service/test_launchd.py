"""The LaunchAgent against a launchctl that is a stand-in, and strict."""

from __future__ import annotations

import os
import signal
import stat
import time
from typing import TYPE_CHECKING

import pytest

from curatord.errors import CuratordError, NotRunningError
from curatord.service.launchd import LaunchAgent
from tests.service.mac import DOMAIN, SERVICE, Mac

if TYPE_CHECKING:
    from collections.abc import Callable

STUBBORN = "trap 'sleep 0.8; exit 0' TERM; {ready}; sleep 1000 & wait"
OBEDIENT = "trap 'exit 0' TERM; {ready}; sleep 1000 & wait"


def eventually(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def install(agent: LaunchAgent, mac: Mac, script: str) -> None:
    """Install a service that runs a script, and wait until it has set its trap: it says so at `{ready}`."""
    ready = mac.directory / "ready"
    agent.install(mac.plan(script.format(ready=f"touch '{ready}'")))
    eventually(ready.exists)


def test_the_first_install_enables_before_it_loads(mac: Mac) -> None:
    """In this order and this domain; what is not loaded need not be waited for."""
    LaunchAgent().install(mac.plan())

    assert mac.calls() == [
        ["print", DOMAIN],
        ["bootout", SERVICE],
        ["enable", SERVICE],
        ["bootstrap", DOMAIN, str(mac.plist)],
    ]
    assert mac.pid()


def test_the_file_is_readable_by_all_and_writable_by_its_owner_alone_under_any_umask(mac: Mac) -> None:
    """launchd skips a file with dubious permissions."""
    for umask in (0o077, 0o000):
        before = os.umask(umask)
        try:
            LaunchAgent().install(mac.plan())
        finally:
            os.umask(before)
        assert stat.S_IMODE(mac.plist.stat().st_mode) == 0o644
    assert not list(mac.plist.parent.glob("*.tmp"))


def test_the_log_directory_is_made_before_launchd_would_and_is_private(mac: Mac) -> None:
    """launchd would make it readable by all."""
    LaunchAgent().install(mac.plan())
    assert stat.S_IMODE((mac.home / "Library/Logs/curatord").stat().st_mode) == 0o700


def test_a_second_install_replaces_the_first_when_that_is_gone(mac: Mac) -> None:
    """It is waited for: a load while the old one leaves would fail."""
    agent = LaunchAgent()
    install(agent, mac, STUBBORN)
    before = mac.pid()
    mac.calls()

    agent.install(mac.plan())

    calls = mac.calls()
    assert calls.count(["print", SERVICE]) >= 2
    assert [words for words in calls if words[0] != "print"] == [
        ["bootout", SERVICE],
        ["enable", SERVICE],
        ["bootstrap", DOMAIN, str(mac.plist)],
    ]
    assert mac.pid() != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_load_that_fails_for_a_moment_is_tried_again(mac: Mac) -> None:
    """Error 5 after an unload passes."""
    (mac.world / "transient").write_text("2")
    LaunchAgent(sleep=lambda _seconds: None).install(mac.plan())
    assert [words[0] for words in mac.changes()].count("bootstrap") == 3
    assert mac.pid()


def test_a_load_that_goes_on_failing_is_told_with_what_may_be_behind_it(mac: Mac) -> None:
    """It is not tried for ever."""
    (mac.world / "transient").write_text("100")
    waited: list[float] = []
    with pytest.raises(CuratordError, match="5: Input/output error") as raised:
        LaunchAgent(sleep=waited.append).install(mac.plan())
    assert "Login Items" in raised.value.hint
    assert 5 < sum(waited) < 30


def test_a_service_that_was_switched_off_is_switched_on_by_an_install(mac: Mac) -> None:
    """`launchctl disable` outlasts an uninstall."""
    (mac.world / "disabled").touch()
    LaunchAgent(sleep=lambda _seconds: None).install(mac.plan())
    assert mac.pid()


def test_without_a_login_at_the_screen_the_file_is_put_in_place_and_nothing_loaded(mac: Mac) -> None:
    """Over ssh there is no session; launchd finds the file at the next login."""
    (mac.world / "session").unlink()
    with pytest.raises(NotRunningError, match="not logged in at the screen"):
        LaunchAgent().install(mac.plan())
    assert mac.plist.exists()
    assert mac.changes() == []


def test_stop_unloads_also_what_is_about_to_be_started_again(mac: Mac) -> None:
    """A daemon that crashes again and again stays down after `stop`."""
    agent = LaunchAgent()
    agent.install(mac.plan("exit 1"))
    eventually(lambda: (job := mac.job()) and job["runs"] >= 2)

    agent.stop()

    assert mac.job() is None
    assert mac.plist.exists()
    assert not agent.is_active()


def test_what_has_ended_well_stays_down_until_it_is_started(mac: Mac) -> None:
    """Exit code 0 is a wish; launchd still knows the job, which is then kicked and not loaded."""
    agent = LaunchAgent()
    install(agent, mac, OBEDIENT)
    os.kill(mac.pid(), signal.SIGTERM)
    eventually(lambda: (job := mac.job()) and job["last"] == "0")
    time.sleep(0.5)
    assert mac.job() is not None
    assert mac.job()["runs"] == 1  # type: ignore[index]
    mac.calls()

    agent.start()

    assert mac.changes() == [["kickstart", SERVICE]]
    assert mac.pid()


def test_a_crash_is_followed_by_a_new_start(mac: Mac) -> None:
    """KeepAlive does what it is there for."""
    LaunchAgent().install(mac.plan())
    before = mac.pid()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: (job := mac.job()) and job["runs"] == 2 and job["pid"] != before)


def test_start_after_stop_loads_the_file(mac: Mac) -> None:
    """As it is by then."""
    agent = LaunchAgent()
    agent.install(mac.plan())
    agent.stop()
    mac.calls()
    agent.start()
    assert mac.changes() == [["enable", SERVICE], ["bootstrap", DOMAIN, str(mac.plist)]]
    assert mac.pid()


def test_restart_unloads_and_loads(mac: Mac) -> None:
    """A file that was changed counts."""
    agent = LaunchAgent()
    agent.install(mac.plan())
    before = mac.pid()
    agent.restart()
    assert mac.pid() != before


def test_uninstall_unloads_and_removes_the_file(mac: Mac) -> None:
    """Also where nothing is loaded, or nobody is logged in at the screen."""
    agent = LaunchAgent()
    agent.install(mac.plan())
    agent.uninstall()
    assert mac.job() is None
    assert not mac.plist.exists()
    (mac.world / "session").unlink()
    agent.uninstall()


def test_the_configuration_is_read_back_from_the_file(mac: Mac) -> None:
    """None without a file, and with one that is not ours."""
    agent = LaunchAgent()
    assert agent.config_file() is None
    agent.install(mac.plan())
    assert agent.config_file() == mac.home / "curatord.toml"
    mac.plist.write_text("<plist><dict/>")
    assert agent.config_file() is None


def test_the_excuse_is_what_launchd_remembers(mac: Mac) -> None:
    """The exit code of a daemon that does not stay."""
    agent = LaunchAgent()
    agent.install(mac.plan("exit 7"))
    eventually(lambda: (job := mac.job()) and job["last"] == "7")
    assert "launchd: last exit code = 7" in agent.excuse()


def test_without_launchctl_the_way_out_is_told(mac: Mac, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Linux there is none."""
    (mac.directory / "bin" / "launchctl").unlink()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CuratordError, match="cannot be run"):
        LaunchAgent().restart()
