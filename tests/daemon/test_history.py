"""What of all that happens is remembered: decided by values, and by a real daemon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curatord.config_keeping import Keeping
from curatord.daemon.events import Event, Events
from curatord.daemon.history import KINDS, Recorder, ended_cleanly, entry_of
from curatord.daemon.root_view import changes, view
from curatord.daemon.roots import WatchedRoot
from curatord.memory.document import Kind
from curatord.store import history
from tests.daemon.helpers import note
from tests.live import Live, running

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from curatord.store.database import Store

TIME = "2026-11-01T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("name", "kind", "data"),
    [
        ("started", "started", {}),
        ("promoted", "promoted", {}),
        ("run_done", "run_finished", {"outcome": "done"}),
        ("run_failed", "run_finished", {"outcome": "failed"}),
        ("run_cancelled", "run_finished", {"outcome": "cancelled"}),
        ("pass_failed", "problem", {"where": "pass"}),
        ("reload_refused", "problem", {"where": "configuration"}),
        ("problems_found", "problem", {"where": "notes"}),
    ],
)
def test_what_lasts_is_remembered(name: str, kind: str, data: dict[str, Any]) -> None:
    """With the event's time and data."""
    entry = entry_of(Event(1, name, TIME, {"run": "r1"}))
    assert entry == history.Entry(TIME, kind, {**data, "run": "r1"})
    assert kind in KINDS


@pytest.mark.parametrize("name", ["pass", "shards_written", "run_started", "run_rests", "hook_failed", "stopping"])
def test_what_comes_and_goes_is_not_remembered(name: str) -> None:
    """The store would be written all the time."""
    assert entry_of(Event(1, name, TIME)) is None


def test_the_recorder_writes_prunes_and_leaves_the_rest_alone(store: Store) -> None:
    """By the settings in force."""
    written = []

    def write(change: Callable[[sqlite3.Connection], None]) -> None:
        written.append(change)
        change(store.connection)

    events = Events()
    events.observe(Recorder(write, lambda: Keeping(history_entries=2)).heed)
    for name in ("started", "pass", "promoted", "pass", "stopped"):
        events.publish(name)
    assert len(written) == 3
    assert [entry.kind for entry in history.read(store.connection)[1]] == ["stopped", "promoted"]
    assert ended_cleanly(store.connection)


def root(name: str, path: str = "/notes") -> WatchedRoot:
    """Return a root."""
    return WatchedRoot(name, Path(path), Path(path), Kind.KNOWLEDGE)


def test_roots_that_come_go_move_and_trouble_are_told_once() -> None:
    """Each difference is one event; no difference is none."""
    now = view([root("a"), root("b")], {"b": "missing"}, {})
    assert [event for event, _ in changes({}, now)] == ["root_added", "root_added", "root_lost"]
    assert list(changes(now, now)) == []
    held = view([root("a"), root("b")], {}, {"a": "60 of 70 notes are gone at once."})
    assert dict(changes(now, held)) == {
        "deletions_held": {"root": "a", "reason": "60 of 70 notes are gone at once."},
        "root_found": {"root": "b"},
    }
    assert list(changes(held, view([root("a"), root("b")], {}, {}))) == []
    moved = view([root("b", "/elsewhere")], {}, {})
    assert dict(changes(held, moved)) == {
        "root_removed": {"root": "a", "path": "/notes"},
        "root_added": {"root": "b", "path": "/elsewhere"},
    }


def kinds(live: Live) -> list[str]:
    """Return what the daemon's history tells, the first first."""
    return [entry["kind"] for entry in live.json("history")["entries"]][::-1]


def test_a_daemon_remembers_its_starts_and_ends_and_what_became_of_its_roots(tmp_path: Path) -> None:
    """Through restarts, and whether it was killed."""
    with running(tmp_path) as live:
        (live.memory / "a.md").write_text(note("Alpha"))
        live.sync()
        (tmp_path / "episodes").rmdir()
        live.wait_for(lambda status: any(one["state"] == "missing" for one in status["roots"]))
        (tmp_path / "episodes").mkdir()
        live.sync()
        live.stop()
        first = ["started", "root_added", "root_added", "root_lost", "root_found", "stopped"]
        assert kinds(live) == first
        live.start()
        live.sync()
        live.kill()
        live.start()
        live.sync()
        assert kinds(live) == [*first, "started", "started"]
        starts = live.json("history", "--kind", "started")["entries"]
        assert [entry["data"]["after_clean_end"] for entry in starts] == [False, True, True]


def test_a_confirmed_deletion_and_a_broken_configuration_are_remembered(tmp_path: Path) -> None:
    """As is the hold before it."""
    with running(tmp_path, hold_deletions_above=1, hold_deletions_share=0.1) as live:
        for name in ("a", "b", "c"):
            (live.memory / f"{name}.md").write_text(note(name))
        live.sync()
        for name in ("a", "b", "c"):
            (live.memory / f"{name}.md").unlink()
        live.sync()
        live.command("confirm-deletes")
        live.config.write_text(live.config.read_text() + "[nonsense]\n")
        live.command("reload", check=False)
        live.sync()
        told = kinds(live)
        assert [kind for kind in told if kind not in ("started", "root_added")] == [
            "deletions_held",
            "deletions_confirmed",
            "problem",
        ]


def test_an_idle_daemon_writes_nothing_down(tmp_path: Path) -> None:
    """The store's file is as it was, byte for byte, after looks at the disk that found nothing."""
    with running(tmp_path) as live:
        (live.memory / "a.md").write_text(note("Alpha"))
        live.sync()
        live.sync()
        before = [(live.state / name).read_bytes() for name in ("store.db", "store.db-wal")]
        for _ in range(3):
            live.sync()
        assert [(live.state / name).read_bytes() for name in ("store.db", "store.db-wal")] == before
