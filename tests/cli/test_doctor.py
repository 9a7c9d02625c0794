"""`curatord doctor`: real processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.terminal import talk
from tests.live import CURATORD

if TYPE_CHECKING:
    from tests.live import Live


def test_each_check_is_a_line_with_its_level_and_the_remedy_below(still: Live) -> None:
    """Warnings leave the exit code at 0."""
    still.state.mkdir()
    still.state.chmod(0o755)
    done = still.command("doctor", "--quick")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert f"ok    configuration  {still.config} is right." in lines
    remedy = lines[
        lines.index(f"warn  permissions    Other users may look into the state directory {still.state}.") + 1
    ]
    assert remedy.split() == [">", "chmod", "700", str(still.state)]


def test_a_failure_exits_with_4(still: Live) -> None:
    """As documented in the help."""
    still.memory.rmdir()
    done = still.command("doctor", "--quick", check=False)
    assert done.returncode == 4
    assert f"fail  roots          {still.memory} is not there.\n" in done.stdout


def test_json_tells_the_same(still: Live) -> None:
    """For scripts: the worst level, and each check."""
    still.memory.rmdir()
    done = still.command("doctor", "--quick", "--json", check=False)
    told = json.loads(done.stdout)
    assert (done.returncode, told["level"]) == (4, "fail")
    checks = {check["check"]: check for check in told["checks"]}
    assert checks["roots"] == {
        "check": "roots",
        "level": "fail",
        "message": f"{still.memory} is not there.",
        "remedy": f"mkdir -p {still.memory}",
    }
    assert all(set(check) == {"check", "level", "message", "remedy"} for check in told["checks"])


def test_a_broken_configuration_keeps_nothing_from_being_checked(still: Live) -> None:
    """It is one finding among others."""
    still.config.write_text("][")
    told = json.loads(still.command("doctor", "--quick", "--json", check=False).stdout)
    levels = {check["check"]: check["level"] for check in told["checks"]}
    assert (levels["configuration"], levels["disk"], levels["python"]) == ("fail", "ok", "ok")


def test_on_a_terminal_levels_are_coloured(still: Live) -> None:
    """And nowhere else."""
    words = [*CURATORD, "--config", str(still.config), "doctor", "--quick"]
    from os import environ  # noqa: PLC0415  the process's own, unchanged

    _, text = talk(words, [], environment=environ, directory=still.directory)
    assert "\x1b[32mok   \x1b[0m python" in text
    assert "\x1b" not in still.command("doctor", "--quick").stdout
