"""`curatord pairs list --dropped`: what gave no pair, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import Live, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "-".join(("sk", "ant", "api03", "Zq7Lm2Xw9Kp4Rt6Vb1Nc3Hd5Jf8Gs0Ay" * 3, "AA"))
NOTE = (
    "# Tideclock\n\nTideclock is a small daemon that tells the hour of high water.\n\n## Settings\n\n"
    + "\n".join(f"- `key{number}`: {number * 7}" for number in range(60))
    + "\n\n## Remarks\n\nIf the compressor of the cold store overheats on a summer day, the door of the room stays open"
    + " for two minutes.\n"
    + f"\n\n## Access\n\nThe key of the gauge is {SECRET} for now.\n"
)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A daemon over two notes that say the same, more than can be asked, and a secret."""
    with running(tmp_path) as started:
        (started.memory / "a.md").write_text(NOTE)
        (started.memory / "b.md").write_text(NOTE.replace("Tideclock is", "The Tideclock is"))
        started.sync()
        yield started


def test_what_was_dropped_is_listed_as_often_as_it_was_counted(live: Live) -> None:
    """By every reason, page by page, and the secret is in none of it."""
    counted = {reason: number for reason, number in live.json("pairs", "stats")["dropped"].items() if number}
    assert counted.keys() >= {"over_limit", "repeated", "repeated_fact"}
    for reason, number in counted.items():
        page = live.json("pairs", "list", "--dropped", "--reason", reason, "--limit", "1000")
        assert page["total"] == number
        assert [one["reason"] for one in page["dropped"]] == [reason] * min(number, 1000)
    total = sum(counted.values())
    listed = []
    for at in range(0, total, 200):
        listed += live.json("pairs", "list", "--dropped", "--limit", "200", "--offset", str(at))["dropped"]
    assert len(listed) == total
    assert SECRET not in str(listed)


def test_a_dropped_question_says_what_is_asked_instead(live: Live) -> None:
    """A repetition names the question it repeats; a line of the note is told for each."""
    page = live.json("pairs", "list", "--dropped", "--document", "a.md", "--reason", "repeated")
    assert page["dropped"]
    assert all(one["detail"] and one["first_line"] >= 1 for one in page["dropped"])
    assert "repeated\t" in live.command("pairs", "list", "--dropped", "--reason", "repeated").stdout


def test_filters_of_pairs_do_not_go_with_dropped(live: Live) -> None:
    """What was dropped has no category or strategy."""
    done = live.command("pairs", "list", "--dropped", "--category", "factual", check=False)
    assert done.returncode == 2
    assert "--category does not go with --dropped" in done.stderr
