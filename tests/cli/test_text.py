"""How things are put for people."""

from __future__ import annotations

import pytest

from curatord.cli.output import seconds_in_words
from curatord.cli.status_text import attention, render
from curatord.daemon.gauge import Gauge


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3_725, "1 h 2 min"),
        (86_400 * 3 + 7200, "3 d 2 h"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    """As people say it."""
    assert seconds_in_words(seconds) == words


def test_a_status_without_roots_says_where_to_name_one() -> None:
    """The first thing a newcomer sees."""
    status = Gauge("/etc/c.toml").status(0).model_dump(mode="json")
    assert "No memory roots are configured: name one in /etc/c.toml." in render(status)
    assert attention(status) == []


def test_deletions_on_hold_tell_both_ways_out() -> None:
    """Bring the notes back, or confirm."""
    status = Gauge("c.toml").status(0).model_dump(mode="json")
    root = {"name": "knowledge", "path": "/k", "kind": "knowledge", "state": "held", "documents": 3}
    status["roots"] = [{**root, "held": "60 of 80 notes are gone"}]
    assert attention(status) == [
        "knowledge: 60 of 80 notes are gone. Bring the notes back, or run `curatord confirm-deletes`."
    ]
