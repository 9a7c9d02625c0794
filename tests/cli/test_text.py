"""How things are put for people."""

from __future__ import annotations

import pytest

from curatord.cli.output import printable, seconds_in_words
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
    status["roots"] = [{**root, "held": "60 of 80 notes are gone at once."}]
    assert attention(status) == [
        "knowledge: 60 of 80 notes are gone at once. Bring the notes back, or run `curatord confirm-deletes`."
    ]


def test_a_root_that_cannot_be_read_needs_the_person() -> None:
    """Its permissions are theirs to change."""
    status = Gauge("c.toml").status(0).model_dump(mode="json")
    root = {"name": "knowledge", "path": "/k", "kind": "knowledge", "state": "unreadable", "documents": 3, "held": None}
    status["roots"] = [root]
    assert attention(status) == ["knowledge: /k cannot be read. Check its permissions."]


def test_a_pass_that_failed_needs_the_person() -> None:
    """A full disk does not mend itself."""
    gauge = Gauge("c.toml", last_error="The last pass failed.")
    assert attention(gauge.status(0).model_dump(mode="json")) == ["The last pass failed."]


def test_what_a_note_says_cannot_command_the_terminal() -> None:
    """Escape sequences and reversed reading come out as replacement characters; letters of all scripts stay."""
    assert printable("a\x1b[31mb\x07\x9bc\u202ed\u2066") == "a\ufffd[31mb\ufffd\ufffdc\ufffdd\ufffd"
    assert (
        printable("d\u00e9j\u00e0 \u4f60\u597d\t\u05e9\u05dc\u05d5\u05dd\n")
        == "d\u00e9j\u00e0 \u4f60\u597d\t\u05e9\u05dc\u05d5\u05dd\n"
    )
