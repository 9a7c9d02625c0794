"""Reading a log through its rotations."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.cli.log_lines import LogReader, is_wanted, parse_since
from curatord.config_keeping import Log
from curatord.errors import UsageError
from curatord.log import PrivateRotatingFile

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def line(number: int) -> bytes:
    """Return a line of the log."""
    return orjson.dumps({"time": NOW.isoformat(), "level": "info", "event": f"e{number}"}) + b"\n"


def events(reader: LogReader) -> list[str]:
    """Return the events that have come."""
    return [item["event"] for item in reader.read()]


def test_rotated_files_come_first_the_oldest_at_the_head(tmp_path: Path) -> None:
    """Ten comes before nine: their names are numbers."""
    log = tmp_path / "c.jsonl"
    for name, number in (("c.jsonl", 4), ("c.jsonl.1", 3), ("c.jsonl.2", 2), ("c.jsonl.10", 1)):
        (tmp_path / name).write_bytes(line(number))
    (tmp_path / "c.jsonl.bak").write_bytes(line(99))
    with LogReader(log) as reader:
        assert events(reader) == ["e1", "e2", "e3", "e4"]


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    """Each line as soon as it is whole."""
    log = tmp_path / "c.jsonl"
    log.write_bytes(line(1))
    with LogReader(log) as reader, log.open("ab", buffering=0) as writer:
        assert events(reader) == ["e1"]
        writer.write(line(2) + line(3)[:10])
        assert events(reader) == ["e2"]
        writer.write(line(3)[10:])
        assert events(reader) == ["e3"]
        assert events(reader) == []


def test_rotation_is_followed_without_loss(tmp_path: Path) -> None:
    """Read at any moment, with the daemon's own rotating file: every line once, in order."""
    log = tmp_path / "c.jsonl"
    handler = PrivateRotatingFile(log, Log(max_days=0).model_copy(update={"max_bytes": 300}))
    seen = []
    with LogReader(log) as reader:
        for number in range(40):
            text = line(number).decode().rstrip()
            handler.emit(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))
            if number % 2:
                seen += events(reader)
    handler.close()
    assert seen == [f"e{number}" for number in range(40)]


def test_a_log_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    """`curatord logs -f` may be started before the daemon."""
    log = tmp_path / "c.jsonl"
    with LogReader(log) as reader:
        assert events(reader) == []
        log.write_bytes(line(1))
        assert events(reader) == ["e1"]


@pytest.mark.parametrize("torn", [b"\n", b"{\n", b"\xff\n", b"[]\n", b'{"event": 1}\n'])
def test_lines_that_are_no_log_lines_are_left_out(tmp_path: Path, torn: bytes) -> None:
    """A crash may tear one."""
    (tmp_path / "c.jsonl").write_bytes(line(1) + torn + line(2))
    with LogReader(tmp_path / "c.jsonl") as reader:
        assert events(reader) == ["e1", "e2"]


@pytest.mark.parametrize(
    ("text", "ago"),
    [("30s", timedelta(seconds=30)), ("10m", timedelta(minutes=10)), ("2h", timedelta(hours=2)), ("3d", timedelta(3))],
)
def test_since_may_be_so_long_ago(text: str, ago: timedelta) -> None:
    """Seconds, minutes, hours, days."""
    assert parse_since(text, NOW) == NOW - ago


def test_since_may_be_a_date_or_a_time() -> None:
    """ISO 8601; with a zone as written, without one in local time."""
    assert parse_since("2026-01-31T08:00:00+01:00", NOW) == datetime(2026, 1, 31, 7, tzinfo=UTC)
    assert parse_since("2026-01-31", NOW) == datetime(2026, 1, 31).astimezone()


@pytest.mark.parametrize("text", ["", "yesterday", "10", "99999999999999999999d", "m10"])
def test_any_other_since_is_a_usage_error(text: str) -> None:
    """With examples in the hint."""
    with pytest.raises(UsageError):
        parse_since(text, NOW)


def test_a_line_is_wanted_by_level_and_time() -> None:
    """At least the level, not before the moment."""
    warning = {"time": NOW.isoformat(), "level": "warning", "event": "x"}
    assert is_wanted(warning, "info", None)
    assert not is_wanted(warning, "error", None)
    assert is_wanted(warning, "warning", NOW)
    assert not is_wanted(warning, "warning", NOW + timedelta(seconds=1))
