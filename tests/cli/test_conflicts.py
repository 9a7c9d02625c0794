"""Notes that contradict one another, as the person sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import Live, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = """---
title: Tideclock
date: {date}
---
# Tideclock

Tideclock is a small daemon that tells the hour of high water.

## Settings

- `port`: {port}
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A daemon over two notes that give the same setting two values."""
    with running(tmp_path) as started:
        (started.memory / "a.md").write_text(NOTE.format(date="2025-01-10", port=8085))
        (started.memory / "b.md").write_text(NOTE.format(date="2026-01-10", port=9099))
        started.sync()
        yield started


def test_the_newer_value_is_kept_and_the_older_one_is_rejected(live: Live) -> None:
    """Both stand in the list with file, line and date, and the older one in a preference shard."""
    found = live.json("conflicts")["conflicts"]
    assert [(c["stale"], c["kept"]["path"], c["other"]["path"]) for c in found if "9099" in c["kept"]["statement"]] == [
        (True, "b.md", "a.md")
    ]
    assert all(c["kept"]["first_line"] == c["other"]["first_line"] for c in found)
    stale = live.json("pairs", "list", "--strategy", "stale")["pairs"]
    assert stale
    assert all("9099" in pair["answer"] and "8085" in pair["rejected"] for pair in stale if "909" in pair["answer"])
    shown = live.command("conflicts").stdout
    assert "a.md:11 (2025-01-10)" in shown


def test_a_conflict_goes_when_the_note_is_mended(live: Live) -> None:
    """With the same value in both there is nothing to say."""
    (live.memory / "a.md").write_text(NOTE.format(date="2025-01-10", port=9099))
    live.sync()
    assert "No two notes contradict one another." in live.command("conflicts").stdout
    assert live.json("pairs", "list", "--strategy", "stale")["pairs"] == []


def test_values_told_in_other_words_conflict_too(live: Live) -> None:
    """A section of another name and a sentence of another frame do not hide that one thing has two values."""
    told = NOTE.format(date="2026-03-10", port=7070).replace("# Tideclock\n", "# Tideclock notes\n")
    (live.memory / "c.md").write_text(told.replace("## Settings", "## Configuration"))
    live.sync()
    found = {(c["kept"]["path"], c["other"]["path"]) for c in live.json("conflicts")["conflicts"]}
    assert {("c.md", "a.md"), ("c.md", "b.md")} <= found
    answers = [pair["answer"] for pair in live.json("pairs", "list", "--limit", "1000")["pairs"]]
    assert not any("8085" in answer or "9099" in answer for answer in answers)
