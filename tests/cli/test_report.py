"""`curatord report` and the curves of `curatord runs show`, on runs that have ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.cli import run
from curatord.cli.layout import width
from curatord.cli.run_charts import NARROWEST, drawn, figures
from curatord.train.charts import charts
from tests.cli.test_train import training
from tests.cli.test_with_daemon import on_terminal
from tests.live import Live, configure
from tests.report.finished import events, finished
from tests.report.html import Reading

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ended(tmp_path: Path) -> Live:
    """A configuration without a daemon, and one run that has ended."""
    finished(tmp_path)
    return configure(tmp_path)


def test_the_last_run_has_a_page_without_a_daemon(ended: Live) -> None:
    """The file is the reader's alone, and whole."""
    file = ended.directory / "report.html"
    done = ended.command("report", "--out", str(file))
    (identity,) = (place.name for place in (ended.state / "runs").iterdir())
    assert (done.stdout, done.stderr) == ("", f"{file} tells about {identity}.\n")
    assert f"Run {identity}" in Reading(file.read_text()).words
    assert file.stat().st_mode & 0o077 == 0
    assert ended.command("report", identity[:8], "--out", "-").stdout.startswith("<!DOCTYPE html>")


def test_programs_get_what_the_page_tells(ended: Live) -> None:
    """The same figures as JSON."""
    told = ended.json("report")
    assert told["story"]["state"] == "done"
    assert told["exam"]["trials"][0]["exam"]["after"] == 14
    assert told["charts"][0]["training"][-1] == [6, 0.5]
    assert told["data"]["notes"][4] == {"note": "knowledge/004.md", "pairs": 3}
    assert len(told["examples"]) == 20


def test_a_report_that_cannot_be_is_one_clear_line(ended: Live, tmp_path: Path) -> None:
    """No place for it, no such run, no run at all, no such directory."""
    nowhere = ended.command("report", check=False)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "curatord report --out report.html" in nowhere.stderr
    assert ended.command("report", "1999", "--out", "-", check=False).returncode == 1
    missing = ended.command("report", "--out", str(tmp_path / "no" / "report.html"), check=False)
    assert missing.returncode == 1
    assert "Traceback" not in missing.stderr
    none = configure(tmp_path / "empty").command("report", "--json", check=False)
    assert (none.returncode, none.stdout) == (1, "")
    assert "There is no run to tell of. Start one: curatord train now" in none.stderr


def test_every_command_here_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """As all have."""
    for words in (["report"], ["runs", "show"], ["status"]):
        assert run([*words, "--help"]) == 0
        assert "Example: curatord" in capsys.readouterr().out


def test_the_curves_are_told_in_figures() -> None:
    """Where they began and ended, a line each."""
    assert list(figures(charts(events()))) == [
        "SFT loss      3.000 -> 0.500 in 6 steps; validation 0.625",
        "DPO loss      3.000 -> 1.000 in 3 steps; validation 0.375",
        "DPO margin    0.500 -> 1.500 in 3 steps; validation 1.750",
        "DPO accuracy  0.250 -> 0.750 in 3 steps; validation 0.875",
    ]


@pytest.mark.parametrize("columns", [NARROWEST, 80, 200])
def test_losses_and_margin_are_drawn_as_wide_as_the_terminal_at_most(columns: int) -> None:
    """With whole steps below; the accuracy is left to the page."""
    pictures = list(drawn(charts(events()), columns))
    titles = [picture.splitlines()[0].strip() for picture in pictures]
    assert [title.partition(" (")[0] for title in titles] == ["SFT loss", "DPO loss", "DPO margin"]
    assert all(width(line) <= min(columns, 100) for picture in pictures for line in picture.splitlines())
    assert re.sub("\x1b\\[[0-9;]*m", "", pictures[0].splitlines()[-1]).split() == [str(step) for step in range(7)]
    assert list(drawn(charts(events()), NARROWEST - 1)) == []


def test_a_terminal_gets_pictures_and_a_pipe_gets_figures(tmp_path: Path) -> None:
    """In colours unless it wants none; --plain keeps to figures."""
    with training(tmp_path) as live:
        live.command("train", "now", "--wait")
        identity = live.json("runs", "list")["runs"][0]["id"]
        piped = live.command("runs", "show", identity).stdout
        assert "SFT loss  2.000 -> 0.667 in 3 steps; validation 0.900" in piped
        assert not set(piped) & set("┌│⠤")
        shown = on_terminal(live, "runs", "show", identity)
        assert "┌" in shown
        assert re.search("\x1b\\[38;5;\\d+m", shown)
        assert "\x1b" not in on_terminal(live, "runs", "show", identity, NO_COLOR="1")
        assert "┌" not in on_terminal(live, "runs", "show", identity, "--plain")
        told = orjson.loads(live.command("runs", "show", identity, "--json").stdout)
        assert told["id"] == identity
