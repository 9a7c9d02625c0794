"""Python, platform, packages, configuration: each shown as it should be, and not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from curatord.doctor import installation
from curatord.doctor.finding import Level, Situation, situation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live import Live


def test_the_python_that_runs_this_is_supported(here: Situation) -> None:
    """And told with its place."""
    finding = installation.python(here)
    assert finding.level is Level.OK
    assert sys.executable in finding.message


@pytest.mark.parametrize("version", ["3.9.1", "3.10.14", "3.15.0", "4.0.0"])
def test_other_pythons_fail(here: Situation, version: str) -> None:
    """With the versions that would do."""
    finding = installation.python(here, version)
    assert finding.level is Level.FAIL
    assert ">=3.11" in finding.message


def test_this_machine_is_supported(here: Situation) -> None:
    """The tests would not run elsewhere."""
    assert installation.machine(here).level is Level.OK


@pytest.mark.parametrize(
    ("system", "processor", "macos", "translated", "level"),
    [
        ("Darwin", "arm64", "14.0", False, Level.OK),
        ("Darwin", "arm64", "26.1", False, Level.OK),
        ("Darwin", "arm64", "13.6.1", False, Level.FAIL),
        ("Darwin", "x86_64", "14.2", True, Level.FAIL),
        ("Darwin", "x86_64", "14.2", False, Level.FAIL),
        ("Linux", "aarch64", "", False, Level.OK),
        ("Linux", "riscv64", "", False, Level.FAIL),
        ("Windows", "AMD64", "", False, Level.FAIL),
    ],
)
def test_machines_without_mlx_fail(system: str, processor: str, macos: str, translated: bool, level: Level) -> None:
    """Apple silicon from macOS 14 on, and Linux on two processors."""
    assert installation.judge_machine(system, processor, macos, is_translated=translated).level is level


def test_the_packages_that_are_installed_are_right(here: Situation) -> None:
    """As this very installation declares them."""
    finding = installation.packages(here)
    assert finding.level is Level.OK, finding
    assert "mlx" in finding.message


def test_a_missing_package_and_one_of_another_version_fail(here: Situation) -> None:
    """Both are told, with one command that installs them."""
    wanted = ["click>=99", "no-such-package-of-curatord>=1", "orjson", "no-such-either; python_version < '3'"]
    finding = installation.packages(here, wanted)
    assert finding.level is Level.FAIL
    assert "click is 8" in finding.message
    assert "no-such-package-of-curatord is not installed" in finding.message
    assert "either" not in finding.message
    assert finding.remedy.endswith("pip install --upgrade 'click>=99' 'no-such-package-of-curatord>=1'")


def test_a_right_configuration_is_ok(here: Situation) -> None:
    """It is named."""
    finding = installation.configuration(here)
    assert finding.level is Level.OK
    assert str(here.config_file) in finding.message


def test_without_a_configuration_there_is_a_warning(tmp_path: Path) -> None:
    """`init` makes one."""
    finding = installation.configuration(situation(tmp_path / "none.toml"))
    assert (finding.level, finding.remedy) == (Level.WARN, "curatord init")


def test_a_named_configuration_must_be_there(tmp_path: Path) -> None:
    """A typing error must not look like a first start."""
    assert installation.configuration(situation(tmp_path / "none.toml", must_exist=True)).level is Level.FAIL


@pytest.mark.parametrize(
    ("content", "told"),
    [("[memory]\nsetle_seconds = 1\n", "Did you mean memory.settle_seconds?"), ("][", "is not valid TOML")],
)
def test_a_broken_configuration_fails_with_its_mistake(still: Live, content: str, told: str) -> None:
    """In one line, and the other checks go on with the defaults."""
    still.config.write_text(content)
    broken = situation(still.config)
    finding = installation.configuration(broken)
    assert finding.level is Level.FAIL
    assert told in finding.message
    assert "\n" not in finding.message
    assert broken.settings.memory.roots == ()


def test_a_configuration_that_everyone_may_write_fails_with_the_command(still: Live) -> None:
    """Its hint is the remedy."""
    still.config.chmod(0o666)
    finding = installation.configuration(situation(still.config))
    assert finding.level is Level.FAIL
    assert finding.remedy == f"Run `chmod o-w {still.config}`."


def test_a_broken_configuration_still_tells_the_state_directory(still: Live) -> None:
    """So that the checks of socket and store look at the right place."""
    still.config.write_text(still.config.read_text() + "\n[nonsense]\n")
    assert situation(still.config).state.path == still.state
    still.config.write_text(f'[state]\ndir = "{still.state}"\n[memory\n')
    assert situation(still.config).state.path == still.state
