"""From a pair to the lines it rests on, from a line to what it gave, and what gave nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.cli.source import MOST_LINES, excerpt, parse_position
from curatord.errors import UsageError
from tests.live import Live, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = """# Tideclock

Tideclock is a small daemon that tells the hour of high water.

## Settings

- `port`: 8085
- `interval`: 90 s

## Sketch

```
a -> b -> c
```

## Empty words

Later, maybe, 4711.
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A daemon that has read one note."""
    directory = tmp_path_factory.mktemp("provenance")
    (directory / "knowledge").mkdir()
    (directory / "knowledge" / "tideclock.md").write_text(NOTE)
    with running(directory) as started:
        yield started


def test_a_pair_is_shown_beside_the_lines_it_rests_on(live: Live) -> None:
    """The excerpt carries the line numbers of the file."""
    first = next(pair for pair in live.json("pairs", "list")["pairs"] if "8085" in pair["answer"])
    shown = live.command("pairs", "show", first["id"]).stdout
    assert "    7 | - `port`: 8085" in shown


def test_a_line_tells_what_it_gave(live: Live) -> None:
    """Facts that rest on the line, and no others, each with its questions."""
    file = live.memory / "tideclock.md"
    found = live.json("pairs", "why", f"{file}:8")
    statements = [fact["statement"] for fact in found["facts"]]
    assert statements
    assert all("90 s" in statement for statement in statements if fact_is_one_line(found, statement))
    assert all(fact["first_line"] <= 8 <= fact["last_line"] for fact in found["facts"])
    assert all(fact["pairs"] for fact in found["facts"])


def fact_is_one_line(found: dict[str, list[dict[str, object]]], statement: str) -> bool:
    """Tell whether a statement's fact rests on a single line."""
    return any(f["statement"] == statement and f["first_line"] == f["last_line"] for f in found["facts"])


def test_a_whole_note_tells_what_it_gave(live: Live) -> None:
    """Without a line, all facts in reading order."""
    facts = live.json("pairs", "why", str(live.memory / "tideclock.md"))["facts"]
    assert [fact["first_line"] for fact in facts] == sorted(fact["first_line"] for fact in facts)


def test_a_line_that_gave_nothing_says_where_to_look(live: Live) -> None:
    """An empty answer names the command that tells why."""
    shown = live.command("pairs", "why", f"{live.memory / 'tideclock.md'}:18").stdout
    assert "curatord coverage" in shown


def test_coverage_names_what_is_left_out_and_why(live: Live) -> None:
    """A sketch without words, and a figure in a sentence that says nothing."""
    found = live.json("coverage", str(live.memory / "tideclock.md"))
    gaps = {(gap["part"], gap["what"]): gap["reason"] for gap in found["gaps"]}
    assert ("section", "Empty words") in gaps
    assert gaps["figure", "4711"] == "no fact was made of its sentence"
    assert ("figure", "8085") not in gaps
    assert found["total"]["code"] == 1


def test_coverage_of_all_notes_has_a_line_for_each(live: Live) -> None:
    """Covered of all, by kind."""
    (row,) = live.json("coverage")["documents"]
    assert row["file"] == str((live.memory / "tideclock.md").resolve())
    assert 0 < row["covered"]["section"] <= row["total"]["section"]
    assert "tideclock.md" in live.command("coverage").stdout


def test_a_file_that_gave_nothing_is_not_found(live: Live, tmp_path: Path) -> None:
    """A file outside the memory is one line and exit code 1."""
    (tmp_path / "other.md").write_text("x")
    done = live.command("pairs", "why", str(tmp_path / "other.md"), check=False)
    assert done.returncode == 1
    assert "is no note that gave anything" in done.stderr


def test_a_position_is_a_file_and_perhaps_a_line(tmp_path: Path) -> None:
    """A colon in a file name is no line number unless digits follow."""
    file = tmp_path / "a:b.md"
    file.write_text("x")
    assert parse_position(str(file)) == (file.resolve(), None)
    assert parse_position(f"{file}:3") == (file.resolve(), 3)
    with pytest.raises(UsageError, match="no file"):
        parse_position(str(tmp_path / "none.md:3"))


def test_a_long_excerpt_is_cut_in_the_middle(tmp_path: Path) -> None:
    """First and last lines, and how many are left out."""
    file = tmp_path / "long.md"
    file.write_text("".join(f"line {n}\n" for n in range(1, 101)))
    lines = excerpt(str(file), 11, 90)
    assert len(lines) == MOST_LINES + 1
    assert lines[0] == "   11 | line 11"
    assert "(68 lines)" in lines[MOST_LINES // 2]
    assert excerpt(str(tmp_path / "none.md"), 1, 2) == []
