"""Taking out what is nobody else's business."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.cli.scrub import LEFT_OUT, Scrubber, settings, traceback_of

HOME = Path("/home/ann")
SCRUBBER = Scrubber.of(
    {"root 1": [Path("/home/ann/my Diary/notes")], "directory": [Path("/srv/Acme/hooks")]},
    HOME,
    {"state": Path("/home/ann/.local/state/curatord"), "python": Path("/home/ann/venv")},
    notes=["affair.md"],
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/home/ann/my Diary/notes is not there.", "<root 1> is not there."),
        ("/home/ann/my Diary/notes/my affair.md: Permission denied.", "<root 1>/...: Permission denied."),
        ("/home/ann/my Diary is full", "<directory> is full"),
        ("/home/ann/my Diary/other things: no", "<directory>/...: no"),
        ("/srv/Acme/hooks/run ended", "<directory>/..."),
        ("/home/ann/.local/state/curatord/store.db is damaged", "<state>/store.db is damaged"),
        ("/home/ann/venv/bin/python", "<python>/bin/python"),
        ("/home/ann/Secret/x.txt and /home/ann/.cache/curatord", "~/... and ~/.cache/curatord"),
        ("/data/Secret/x failed, /usr/lib/x.so too", "<path> failed, /usr/lib/x.so too"),
        ('memory.roots = "anything" is wrong', 'memory.roots = "..." is wrong'),
        ("1 note may not be read: affair.md.", "1 note may not be read: <note>."),
        ("12 of 30 notes are gone at once.", "12 of 30 notes are gone at once."),
        ("http://127.0.0.1:8741/v1", "http://127.0.0.1:8741/v1"),
    ],
)
def test_private_paths_are_replaced_and_the_rest_of_a_sentence_stays(text: str, told: str) -> None:
    """Also where a path has spaces in it."""
    assert SCRUBBER.text(text) == told


@given(name=st.text(st.characters(exclude_characters="/\0\"'`\n:", exclude_categories=["Cs"]), min_size=3))
def test_no_name_below_a_root_is_told(name: str) -> None:
    """Whatever it consists of."""
    marked = f"QX{name}XQ"
    told = SCRUBBER.text(f"/home/ann/my Diary/notes/{marked}/{marked}.md: No such file.")
    assert "QX" not in told


def test_of_a_line_numbers_and_words_of_ours_stay() -> None:
    """A reason only where it is one of our sentences."""
    line = {
        "time": "2026-11-01T00:00:00Z",
        "level": "info",
        "event": "run_rests",
        "run": "20261101-000000-abcd",
        "reason": "on battery",
        "path": "affair.md",
        "attempts": 2,
        "output": "what a hook said",
    }
    told = SCRUBBER.line(line)
    assert told == {**line, "path": LEFT_OUT, "output": LEFT_OUT}
    assert SCRUBBER.line({**line, "event": "run_failed"})["reason"] == LEFT_OUT
    assert SCRUBBER.line({**line, "event": "Invalid thing: affair with Bob"})["event"] == LEFT_OUT
    assert SCRUBBER.line({**line, "message": "affair"}).get("message") is None


def test_of_an_exception_its_kind_and_its_places_stay() -> None:
    """Not what it says, nor the lines of code."""
    text = (
        'Traceback (most recent call last):\n  File "/home/ann/venv/lib/site-packages/curatord/store/database.py",'
        " line 12, in open\n    raise ValueError(secret)\ncuratord.errors.StoreError: the affair with Bob\n"
    )
    assert traceback_of(text) == ["curatord/store/database.py:12 open", "curatord.errors.StoreError"]


def test_of_the_settings_texts_that_are_not_the_default_are_left_out() -> None:
    """Numbers, switches and known words stay."""
    defaults = {"a": 1, "b": "plain", "c": {"d": "x", "e": True}, "f": ["INDEX.md"], "g": None}
    mine = {"a": 2, "b": "plain", "c": {"d": "mine", "e": False}, "f": ["Secret"], "g": "/x", "h": [{"kind": "debug"}]}
    assert settings(mine, defaults, frozenset({"debug"})) == {
        "a": 2,
        "b": "plain",
        "c": {"d": LEFT_OUT, "e": False},
        "f": [LEFT_OUT],
        "g": LEFT_OUT,
        "h": [{"kind": "debug"}],
    }
