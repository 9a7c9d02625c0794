"""The systemd user unit: its text, what systemd thinks of it, and its life under a real `systemd --user`."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curatord as curatord_package
from curatord.errors import ConfigurationError, CuratordError
from curatord.service import systemd
from curatord.service.plan import Plan, plan
from curatord.service.systemd import UserUnit
from curatord.service.tool import Answer
from tests.daemon.helpers import note
from tests.live import Live, configure
from tests.service import own_systemd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.service.own_systemd import OwnSystemd

PLAN = Plan(Path("/opt/venv/bin/python"), Path("/home/me/.config/curatord.toml"), Path("/logs"))


def entries(text: str) -> list[str]:
    """Return the lines of a unit that say something."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


# --- the text ---------------------------------------------------------------------------------------------------------


def test_the_unit_runs_this_interpreter_on_this_configuration() -> None:
    """Reload goes through the socket, where it can be waited for."""
    lines = entries(systemd.render(PLAN))
    assert 'ExecStart="/opt/venv/bin/python" -I -m curatord run' in lines
    assert 'ExecReload="/opt/venv/bin/python" -I -m curatord reload' in lines
    assert 'Environment="CURATORD_CONFIG=/home/me/.config/curatord.toml"' in lines


def test_what_is_promised_stands_in_it() -> None:
    """Readiness, watchdog, restarts, manners and walls."""
    lines = entries(systemd.render(PLAN))
    for line in (
        "Type=notify",
        "NotifyAccess=main",
        "WatchdogSec=60",
        "Restart=on-failure",
        "KillMode=mixed",
        "TimeoutStopSec=30",
        "Nice=10",
        "IOSchedulingClass=idle",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "ProtectSystem=full",
        "Environment=HF_HUB_OFFLINE=1",
        "WantedBy=default.target",
    ):
        assert line in lines
    assert any(line.startswith("MemoryMax=") for line in lines)


def test_it_asks_for_nothing_that_keeps_it_from_starting_without_privileges() -> None:
    """These drop capabilities, raise a priority, or mount over what a container lacks."""
    names = {line.split("=")[0] for line in entries(systemd.render(PLAN))}
    assert names.isdisjoint(
        {
            "CapabilityBoundingSet",
            "CPUSchedulingPolicy",
            "PrivateDevices",
            "PrivateTmp",
            "PrivateUsers",
            "ProtectClock",
            "ProtectControlGroups",
            "ProtectKernelLogs",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "User",
        }
    )


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", ["plain", "with space", "per%cent", "dol$lar", "ünï", "par(en", "semi;colon"])
def test_systemd_has_nothing_to_say_against_it(tmp_path: Path, name: str) -> None:
    """`systemd-analyze verify` names unknown keys, and programs that are not there: so paths come through as meant."""
    program = tmp_path / name / "python"
    program.parent.mkdir()
    program.touch(mode=0o755)
    unit = tmp_path / "curatord.service"
    unit.write_text(systemd.render(Plan(program, tmp_path / name / "c.toml", tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_would_have_said_something(tmp_path: Path) -> None:
    """The check above can fail: an unknown key is named."""
    unit = tmp_path / "curatord.service"
    unit.write_text(systemd.render(plan(tmp_path / "c.toml", {})).replace("KillMode=", "KillMod="))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    assert "KillMod" in done.stderr


@settings(deadline=None, max_examples=50)
@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1, max_size=20))
def test_any_configuration_is_read_back_as_it_was_written(name: str) -> None:
    """Quotes, percent signs and backslashes too."""
    path = Path("/home/me") / name / "curatord.toml"
    found = systemd._CONFIG_LINE.search(systemd.render(Plan(Path("/python"), path, Path("/logs"))))
    assert found is not None
    assert systemd._unquoted(found[1]) == str(path)


@pytest.mark.parametrize("name", ['quo"te', "quo'te", "back\\slash"])
def test_a_program_that_systemd_would_refuse_is_an_error(name: str) -> None:
    """It refuses quotes and backslashes in a program's path; in that of the configuration they are welcome."""
    with pytest.raises(ConfigurationError, match="systemd runs no program"):
        systemd.render(Plan(Path("/opt") / name / "python", Path("/c.toml"), Path("/logs")))


def test_a_path_that_no_unit_can_hold_is_an_error() -> None:
    """A line feed would begin a line of its own."""
    with pytest.raises(ConfigurationError, match="cannot stand in a unit"):
        systemd.render(Plan(Path("/opt/python"), Path("/etc/a\nExecStart=/bin/evil"), Path("/logs")))


# --- the order of things ----------------------------------------------------------------------------------------------


class Spoken:
    """A systemctl that does nothing but remember, and fails at what it is told to."""

    def __init__(self, **codes: int) -> None:
        """Fail at these verbs, with these codes."""
        self.words: list[tuple[str, ...]] = []
        self.codes = codes

    def __call__(self, *words: str) -> Answer:
        """Remember the words."""
        self.words.append(words)
        code = self.codes.get(words[0].replace("-", "_"), 0)
        return Answer(code, f"{words[0]} did not work." if code else "")

    def journal(self, _unit: str, lines: int) -> Answer:
        """Tell of a daemon that said why."""
        return Answer(0, f"curatord: the last of {lines} lines")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_an_install_has_systemd_read_the_file_before_it_is_started(home: Path) -> None:
    """A restart, for one may be running."""
    spoken = Spoken()
    UserUnit(spoken).install(PLAN)
    verbs = [words[0] for words in spoken.words]
    assert verbs.index("daemon-reload") < verbs.index("enable") < verbs.index("restart")
    assert (home / "systemd/user/curatord.service").stat().st_mode & 0o777 == 0o644


def test_a_start_that_fails_is_told_with_the_journal(home: Path) -> None:
    """Whoever reads it need not look it up."""
    with pytest.raises(CuratordError, match="the last of 8 lines"):
        UserUnit(Spoken(start=1)).start()
    assert not list(home.iterdir())


def test_without_a_manager_nothing_is_written(home: Path) -> None:
    """After `su` there is none."""
    with pytest.raises(CuratordError, match="does not run for this user") as raised:
        UserUnit(Spoken(show=1)).install(PLAN)
    assert "curatord run" in raised.value.hint
    assert not list(home.iterdir())


# --- under systemd ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["root", "nobody"])
def manager(request: pytest.FixtureRequest) -> Iterator[OwnSystemd]:
    """A user manager of the tests' own; or, where none can be, the reason to skip."""
    directory = Path(tempfile.mkdtemp(prefix="curatord-systemd-"))  # pytest's own directories are closed to others
    directory.chmod(0o755)
    running, reason = own_systemd.start(directory, privileged=request.param == "root")
    if running is None:
        pytest.skip(reason)
    if not _make_program(running):
        running.end()
        pytest.skip("there is no Python of this version that a user without privileges may run")
    yield running
    running.end()
    shutil.rmtree(directory)


def _make_program(manager: OwnSystemd) -> bool:
    """Make a virtual environment of a Python that the user may run; return whether there is one.

    It sees a copy of curatord, which a test may change, and this environment's libraries, through a path file.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}"):
        real = Path(python).resolve()
        readable = all(parent.stat().st_mode & stat.S_IXOTH for parent in real.parents)
        if real.exists() and (readable or not manager.is_unprivileged):
            venv = manager.directory / "venv"
            subprocess.run([python, "-m", "venv", "--without-pip", "--clear", str(venv)], check=True)
            (packages,) = venv.glob("lib/python*/site-packages")
            site, repository = manager.directory / "site", Path(curatord_package.__file__).parents[1]
            for part in ("curatord", "etc", "launchd"):
                shutil.copytree(repository / part, site / part, ignore=shutil.ignore_patterns("__pycache__"))
            (packages / "libraries.pth").write_text(f"{site}\n{sysconfig.get_path('purelib')}\n")
            return True
    return False


@pytest.fixture
def live(manager: OwnSystemd) -> Iterator[Live]:
    """A configuration of that user's, with a note; an installed service is gone afterwards."""
    directory = manager.home / f"test-{time.monotonic_ns()}"
    configured = configure(directory)
    (configured.memory / "alpha.md").write_text(note("Alpha", 4001))
    owner = manager.home.stat()
    for path in (directory, *directory.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    yield configured
    curatord(manager, configured, "uninstall", check=False)


def hurry(manager: OwnSystemd) -> None:
    """Have the unit's clocks go faster, as its user may."""
    drop_in = manager.home / ".config/systemd/user/curatord.service.d/clocks.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text("[Service]\nWatchdogSec=2\nRestartSec=100ms\n")


def leisure(manager: OwnSystemd) -> None:
    """Undo `hurry`."""
    shutil.rmtree(manager.home / ".config/systemd/user/curatord.service.d")


def curatord(manager: OwnSystemd, live: Live, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a curatord command in the session."""
    return manager.run(
        str(manager.directory / "venv/bin/python"), "-m", "curatord", "--config", str(live.config), *words, check=check
    )


@pytest.mark.slow
def test_the_unit_lives_its_life(manager: OwnSystemd, live: Live) -> None:
    """Installed, ready, restarted, reloaded, stopped and not started again, started, removed."""
    first = orjson.loads(curatord(manager, live, "install", "--json").stdout)
    assert manager.show("ActiveState") == "active"
    assert manager.show("MainPID") == str(first["pid"])
    assert manager.show("UnitFileState") == "enabled"
    assert manager.show("WatchdogUSec") == "1min"
    assert "notes" in manager.show("StatusText")

    manager.systemctl("reload", "curatord")
    assert manager.show("ActiveState") == "active"

    second = orjson.loads(curatord(manager, live, "restart", "--json").stdout)
    assert manager.show("MainPID") == str(second["pid"]) != str(first["pid"])

    third = orjson.loads(curatord(manager, live, "install", "--json").stdout)
    assert manager.show("MainPID") == str(third["pid"]) != str(second["pid"])

    assert curatord(manager, live, "stop").stdout == f"curatord (pid {third['pid']}) has stopped.\n"
    assert manager.show("ActiveState") == "inactive"
    assert manager.show("Result") == "success"

    assert orjson.loads(curatord(manager, live, "start", "--json").stdout)["pid"] == int(manager.show("MainPID"))

    curatord(manager, live, "uninstall")
    assert manager.show("LoadState") == "not-found"
    assert not (manager.home / ".config/systemd/user/curatord.service").exists()
    assert (live.state / "store.db").exists()


def test_a_crash_is_followed_by_a_new_start_and_an_order_to_stop_is_not(manager: OwnSystemd, live: Live) -> None:
    """Killed it comes back; told over the socket to stop it stays away."""
    curatord(manager, live, "install")
    before = manager.main_pid()
    os.kill(before, signal.SIGKILL)
    os.kill(manager.main_pid(other_than=before), signal.SIGTERM)
    deadline = time.monotonic() + 40
    while manager.show("ActiveState") != "inactive":
        assert time.monotonic() < deadline, manager.log()
        time.sleep(0.2)
    assert manager.show("Result") == "success"


@pytest.mark.slow
def test_a_daemon_that_has_stopped_turning_is_ended_by_the_watchdog(manager: OwnSystemd, live: Live) -> None:
    """systemd misses the sign of life; here it is told to wait no longer than two seconds for it."""
    hurry(manager)
    try:
        curatord(manager, live, "install")
        before = manager.main_pid()
        time.sleep(3)
        assert manager.main_pid() == before
        os.kill(before, signal.SIGSTOP)
        assert manager.main_pid(other_than=before)
        assert manager.show("NRestarts") != "0"
    finally:
        leisure(manager)


@pytest.mark.slow
def test_an_upgrade_of_the_package_is_followed_by_a_restart(manager: OwnSystemd, live: Live) -> None:
    """Nobody has to think of it; systemd does not take it for a failure."""
    code = manager.directory / "site/curatord/__init__.py"
    before = code.read_text()
    hurry(manager)
    try:
        old = orjson.loads(curatord(manager, live, "install", "--json").stdout)
        code.write_text(before.replace(f'"{curatord_package.__version__}"', '"9.9.9"'))
        manager.main_pid(other_than=old["pid"])
        new = orjson.loads(curatord(manager, live, "status", "--json").stdout)
        assert (old["version"], new["version"]) == (curatord_package.__version__, "9.9.9")
        assert old["pid"] != new["pid"]
        assert "Failed with result" not in manager.log().rpartition("makes way for")[2]
    finally:
        code.write_text(before)
        leisure(manager)


def test_a_configuration_that_broke_is_not_tried_again_and_again(manager: OwnSystemd, live: Live) -> None:
    """Exit code 5 is final; `start` says what is wrong before it asks systemd."""
    curatord(manager, live, "install")
    curatord(manager, live, "stop")
    live.config.write_text("[memory]\nsettle = 1\n")
    assert curatord(manager, live, "start", check=False).returncode == 5
    manager.systemctl("start", "curatord", check=False)
    assert manager.show("ActiveState") == "failed"
    assert manager.show("NRestarts") == "0"
    assert manager.show("ExecMainStatus") == "5"


def test_the_daemon_runs_with_the_manners_of_its_unit(manager: OwnSystemd, live: Live) -> None:
    """Its umask, priority, and limits are what the file says."""
    curatord(manager, live, "install")
    pid = manager.main_pid()
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert status["Umask"] == "0077"
    assert status["NoNewPrivs"] == "1"
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    limits = Path(f"/proc/{pid}/limits").read_text()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]  # this machine lets nobody have more
    wanted = 8192 if most == resource.RLIM_INFINITY else min(8192, most)
    assert str(wanted) in next(line for line in limits.splitlines() if line.startswith("Max open files"))
