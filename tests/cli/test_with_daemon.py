"""Commands that talk to a real daemon, each a real process."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.cli.layout import width
from tests.live import CURATORD, Live, configure, running

if TYPE_CHECKING:
    from pathlib import Path


def test_the_status_is_a_screen_for_people_and_json_for_programs(live: Live) -> None:
    """The figures are the same."""
    status = live.json("status")
    text = live.command("status").stdout
    assert f"pid {status['pid']}" in text
    counts = (status["pairs"][kind] for kind in ("sft", "preference", "heldout"))
    assert ["all", *map(str, counts)] in [line.split() for line in text.splitlines()]
    assert len(text.splitlines()) <= 24
    assert status["documents"] == 1
    assert status["skipped"] == 1


def test_no_colours_and_no_boxes_go_into_a_pipe(live: Live) -> None:
    """A pipe gets tab-separated values without headings."""
    assert "\x1b" not in live.command("status").stdout
    rows = live.command("pairs", "list", "--limit", "3").stdout.splitlines()
    assert [len(row.split("\t")) for row in rows] == [5, 5, 5]


def test_a_terminal_gets_headings_and_colours_unless_it_wants_none(live: Live) -> None:
    """NO_COLOR is respected."""
    assert "question" in on_terminal(live, "pairs", "list", "--limit", "3")
    assert on_terminal(live, "pairs", "search", "nosuchword").strip() == "Nothing to list."
    assert "\x1b[32m" in on_terminal(live, "status")
    assert "\x1b[3" not in on_terminal(live, "status", NO_COLOR="1")


def test_the_status_fits_a_narrow_terminal(live: Live) -> None:
    """Lines are folded, not left to the terminal; and the pairs of this note were made today."""
    shown = on_terminal(live, "status", NO_COLOR="1", COLUMNS="44").splitlines()
    assert max(map(width, shown)) <= 44
    pairs = live.status()["pairs"]
    assert list(pairs["made_by_day"].values()) == [0] * 13 + [pairs["sft"]]
    assert any(line.startswith("made        ▁▁▁▁▁▁▁▁▁▁▁▁▁█") for line in shown)


def test_pairs_are_listed_searched_shown_and_counted(live: Live) -> None:
    """From the list to the note's line."""
    page = live.json("pairs", "list", "--limit", "2")
    assert len(page["pairs"]) == 2 < page["total"]
    found = live.json("pairs", "search", "degrees", "celsius")["pairs"]
    assert found
    shown = live.json("pairs", "show", found[0]["id"])
    assert shown["places"][0]["path"] == "cold-store.md"
    text = live.command("pairs", "show", found[0]["id"]).stdout
    assert "knowledge/cold-store.md:" in text
    stats = live.json("pairs", "stats")
    assert stats["total"] == page["total"] == sum(stats["by_category"].values())
    assert "total" not in live.command("pairs", "stats").stdout


@pytest.mark.parametrize("identity", ["", "a/b", "..", "%"])
def test_what_can_be_no_pair_s_id_is_a_usage_error(live: Live, identity: str) -> None:
    """It is not sent, for it would name another place."""
    done = live.command("pairs", "show", identity, check=False)
    assert done.returncode == 2
    assert "is no pair's id" in done.stderr


def test_pairs_are_filtered(live: Live) -> None:
    """Each option becomes a filter."""
    total = live.json("pairs", "list")["total"]
    test = live.json("pairs", "list", "--split", "test")["total"]
    train = live.json("pairs", "list", "--split", "train", "--document", "cold-store.md", "--kind", "knowledge")[
        "total"
    ]
    assert test + train == total
    assert live.json("pairs", "list", "--document", "other.md")["total"] == 0


def test_an_unknown_pair_is_one_line(live: Live) -> None:
    """With a hint."""
    done = live.command("pairs", "show", "zzzz", check=False)
    assert done.returncode == 1
    assert (
        done.stderr
        == "curatord: No pair's id is zzzz, or begins so as the only one. `curatord pairs list` shows them.\n"
    )


def test_documents_and_those_skipped_are_listed(live: Live) -> None:
    """With the reason."""
    assert [note["path"] for note in live.json("documents")["documents"]] == ["cold-store.md"]
    skipped = live.json("documents", "--skipped")["skipped"]
    assert [note["path"] for note in skipped] == ["short.md"]
    assert live.command("documents", "--skipped").stdout.split("\t")[1] == "short.md"
    assert live.json("problems") == {"total": 0, "problems": []}


def test_a_sync_that_is_waited_for_is_done(live: Live) -> None:
    """Exit code 0, and without --wait nobody waits."""
    assert live.json("sync", "--wait")["done"]
    assert live.command("sync").stdout == "The comparison is under way.\n"


def test_a_sync_that_is_not_done_in_time_exits_with_75(live: Live) -> None:
    """It goes on all the same."""
    done = live.command("sync", "--wait", "--timeout", "0", check=False)
    assert done.returncode == 75
    assert "was not done within 0 s" in done.stderr


def test_a_second_daemon_names_the_first_and_exits_with_0(live: Live) -> None:
    """launchd and systemd must not start it again and again."""
    done = live.command("run")
    assert done.returncode == 0
    assert done.stdout == f"curatord is already running (pid {live.status()['pid']}).\n"


def test_building_beside_a_daemon_exits_with_75(live: Live) -> None:
    """One writer a state directory."""
    done = live.command("build", check=False)
    assert done.returncode == 75
    assert "already running" in done.stderr


def test_confirming_without_deletions_on_hold_says_so(live: Live) -> None:
    """And changes nothing."""
    assert live.command("confirm-deletes").stdout == "No deletions are on hold.\n"


def test_events_are_streamed_until_interrupted(live: Live) -> None:
    """Ctrl-C ends the command with 130 and without a traceback."""
    process = subprocess.Popen(
        [*CURATORD, "--config", str(live.config), "events", "--after", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    event = orjson.loads(process.stdout.readline())
    assert event.keys() == {"number", "event", "time", "data"}
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip() == b""


def test_the_watched_status_goes_on_until_interrupted(live: Live) -> None:
    """Once a second."""
    process = subprocess.Popen(
        [*CURATORD, "--config", str(live.config), "status", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    seen = 0
    while seen < 2:
        seen += process.stdout.readline().startswith(b"curatord ")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, b"")


def test_the_log_is_shown_filtered_and_as_json(live: Live) -> None:
    """Straight from the file."""
    lines = [orjson.loads(line) for line in live.command("logs", "--json").stdout.splitlines()]
    assert lines[0]["event"] == "started"
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    assert "started" in live.command("logs", "--level", "info", "--since", "10m").stdout
    assert live.command("logs", "--since", "2999-01-01").stdout == ""
    assert live.command("logs", "--level", "critical").stdout == ""


def test_what_needs_the_person_exits_with_4(tmp_path: Path) -> None:
    """A missing root and a broken configuration, in words and in JSON; mended, it is 0 again."""
    with running(tmp_path) as live:
        live.config.write_text(live.config.read_text() + "[memroy]\n")
        assert live.command("reload", check=False).returncode == 5
        done = live.command("status")
        assert done.returncode == 4
        assert "The configuration is broken" in done.stdout
        assert "Did you mean memory?" in live.json("status")["config"]["error"]
        configure(tmp_path)
        assert live.command("reload").stdout == "The new settings are in force.\n"
        assert live.command("status").returncode == 0
        (tmp_path / "episodes").rmdir()
        live.wait_for(lambda status: any(root["state"] == "missing" for root in status["roots"]))
        assert live.command("status", "--json").returncode == 4


def test_stopping_ends_the_daemon_with_0_and_takes_the_socket_away(tmp_path: Path) -> None:
    """When the command returns, the daemon has let go of everything."""
    with running(tmp_path) as live:
        assert live.process is not None
        assert live.command("stop").stdout == f"curatord (pid {live.process.pid}) has stopped.\n"
        assert live.process.wait(5) == 0
        assert not (live.state / "curatord.sock").exists()
        assert live.command("status", check=False).returncode == 3


def test_the_status_imports_nothing_that_takes_long(live: Live) -> None:
    """The client gets by with the standard library and click; how long it takes is measured by `make bench`."""
    program = (
        "import sys; from curatord.cli import run; "
        f"run(['--config', {str(live.config)!r}, 'status']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"pydantic", "fastapi", "structlog", "sqlite3", "rich", "apscheduler", "mistune", "watchdog", "logging"}
    assert heavy & set(done.stderr.split()) == set()


def on_terminal(live: Live, *words: str, **environment: str) -> str:
    """Run a command with a terminal as its standard output, and return what it wrote there."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [*CURATORD, "--config", str(live.config), *words],
        stdout=theirs,
        env=clean | {"TERM": "xterm-256color", "COLUMNS": "120"} | environment,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux tells the end of a terminal so
            break
        if not data:
            break
        written += data
    os.close(ours)
    assert process.wait(30) == 0
    return written.decode()


def test_events_of_a_daemon_that_was_killed_end_with_3(tmp_path: Path) -> None:
    """A stream that breaks off is not one that ended."""
    with running(tmp_path) as doomed:
        with subprocess.Popen(
            [*CURATORD, "--config", str(doomed.config), "events", "--after", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as watching:
            assert watching.stdout is not None
            watching.stdout.readline()
            doomed.kill()
            _, told = watching.communicate(timeout=30)
        assert watching.returncode == 3
        assert b"has gone" in told


def test_a_daemon_is_reached_while_its_configuration_is_not_even_toml(tmp_path: Path) -> None:
    """It goes on with the old settings, says so, and can be stopped."""
    with running(tmp_path) as daemon:
        daemon.config.write_text(daemon.config.read_text() + "[[[")
        assert daemon.command("reload", check=False).returncode == 5
        status = daemon.command("status", check=False)
        assert status.returncode == 4
        assert "not valid TOML" in status.stdout
        assert daemon.command("stop").returncode == 0
        assert daemon.process is not None
        assert daemon.process.wait(30) == 0
        daemon.process = None
        assert daemon.command("status", check=False).returncode == 5
