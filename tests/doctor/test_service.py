"""The service: installed as it should be, and not. The files are real; only what systemctl answers is a stand-in's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from curatord.doctor.finding import Level, Situation
from curatord.doctor.service import service
from curatord.service import launchd, systemd
from curatord.service.launchd import LaunchAgent
from curatord.service.plan import Plan
from curatord.service.systemctl import Systemctl
from curatord.service.systemd import UserUnit
from curatord.service.tool import Answer


class Answering(Systemctl):
    """A systemctl that says what the unit's state is."""

    def __init__(self, state: str) -> None:
        """Say this."""
        super().__init__()
        self.state = state

    def __call__(self, *words: str) -> Answer:
        """Tell the state, and nothing else."""
        return Answer(0 if self.state == "active" else 3, self.state) if words[0] == "is-active" else Answer(0, "")

    def journal(self, unit: str, lines: int) -> Answer:
        """Tell why it does not run."""
        del unit, lines
        return Answer(0, "curatord: the disk is full")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def plan(here: Situation, python: str = sys.executable) -> Plan:
    """Return what is installed for a situation."""
    return Plan(Path(python), here.config_file, Path.home() / "Library/Logs/curatord")


def installed(here: Situation, python: str = sys.executable, state: str = "active") -> UserUnit:
    """Return a systemd that has a unit, written as `curatord install` writes it."""
    unit = UserUnit(Answering(state))
    unit.file.parent.mkdir(parents=True)
    unit.file.write_text(systemd.render(plan(here, python)))
    unit.file.chmod(0o644)
    return unit


def test_without_a_service_there_is_a_warning(here: Situation) -> None:
    """The command installs it."""
    finding = service(here)
    assert (finding.level, finding.remedy) == (Level.WARN, "curatord install")


def test_a_unit_that_runs_is_ok(here: Situation) -> None:
    """With its file."""
    unit = installed(here)
    finding = service(here, unit)
    assert finding.level is Level.OK, finding
    assert str(unit.file) in finding.message


def test_a_unit_whose_python_is_gone_fails(here: Situation) -> None:
    """As after an upgrade of Python, with odd characters in its path too."""
    for python in ("/gone/bin/python", "/gone 100%/b in/python"):
        unit = installed(here, python)
        finding = service(here, unit)
        assert finding.level is Level.FAIL
        assert f"starts {python}, which is not there" in finding.message
        unit.file.unlink()
        unit.file.parent.rmdir()


def test_a_unit_that_does_not_run_warns_with_what_it_said(here: Situation) -> None:
    """The last line of its journal."""
    finding = service(here, installed(here, state="failed"))
    assert (finding.level, finding.remedy) == (Level.WARN, "curatord start")
    assert finding.message.endswith("systemd: curatord: the disk is full.")


def test_a_unit_of_another_configuration_warns(here: Situation, tmp_path: Path) -> None:
    """Commands would talk to another daemon than the one that runs."""
    unit = installed(here)
    other = Situation(tmp_path / "other.toml", here.settings, here.state)
    assert "The service runs on" in service(other, unit).message


def test_a_unit_that_others_may_write_fails(here: Situation) -> None:
    """What it starts would be theirs to choose."""
    unit = installed(here)
    unit.file.chmod(0o666)
    finding = service(here, unit)
    assert (finding.level, finding.remedy) == (Level.FAIL, f"chmod 644 {unit.file}")


class Knowing:
    """A launchctl that knows every service."""

    def print(self, target: str) -> Answer:
        """Describe it."""
        return Answer(0, f"{target} = {{ state = running }}")

    def enable(self, service: str) -> Answer:
        """Not asked."""
        raise AssertionError(service)

    bootout = kickstart = enable

    def bootstrap(self, domain: str, file: Path) -> Answer:
        """Not asked."""
        raise AssertionError(domain, file)


@pytest.mark.parametrize(("python", "level"), [(sys.executable, Level.OK), ("/gone/python", Level.FAIL)])
def test_a_launch_agent_is_judged_alike(here: Situation, python: str, level: Level) -> None:
    """Its property list names the program."""
    agent = LaunchAgent(Knowing())
    agent.file.parent.mkdir(parents=True)
    agent.file.write_bytes(launchd.render(plan(here, python)))
    agent.file.chmod(0o644)
    assert service(here, agent).level is level


@pytest.mark.parametrize(
    "content", [b"", b"<plist", b"<plist><dict/></plist>", b"[Service]\nExecStart='open\n", b"\xff"]
)
def test_a_file_that_is_broken_fails(here: Situation, content: bytes) -> None:
    """Nothing can be started by it."""
    unit = installed(here)
    unit.file.write_bytes(content)
    assert service(here, unit).level is Level.FAIL


@pytest.mark.skipif(sys.platform != "linux" or "XDG_RUNTIME_DIR" in os.environ, reason="systemd may run here")
def test_where_systemd_does_not_run_an_installed_unit_does_not_either(here: Situation) -> None:
    """The real systemctl, in a container."""
    installed(here)
    assert service(here).level in (Level.WARN, Level.FAIL)
