"""What the daemon writes about itself."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.config_keeping import Log
from curatord.log import configure, get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A log file; the process's logging is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield tmp_path / "logs" / "curatord.jsonl"
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)


def lines(file: Path) -> list[dict[str, object]]:
    """Return the parsed lines."""
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


def test_every_line_has_event_level_time_and_its_ids(file: Path) -> None:
    """JSON lines with the time first."""
    configure(Log(), file)
    get_logger("ingest").info("problem", path="a.md", code="not_utf8")
    (line,) = lines(file)
    assert list(line)[:2] == ["time", "level"]
    assert (line["event"], line["level"], line["part"], line["path"]) == ("problem", "info", "ingest", "a.md")


def test_lines_below_the_level_are_not_written(file: Path) -> None:
    """The level of the settings counts."""
    configure(Log(level="warning"), file)
    get_logger("x").info("quiet")
    get_logger("x").warning("loud")
    assert [line["event"] for line in lines(file)] == ["loud"]


def test_libraries_speak_through_the_same_door(file: Path) -> None:
    """A warning of a library is a JSON line like any other."""
    configure(Log(), file)
    logging.getLogger("apscheduler").warning("job %s missed", "rescan")
    assert lines(file)[0]["event"] == "job rescan missed"


def test_the_file_is_private_and_rotated_by_size(file: Path) -> None:
    """Old lines go to numbered files, as many as the settings keep, each 0600."""
    configure(Log(max_bytes=4096, backups=2), file)
    for number in range(200):
        get_logger("x").info("tick", number=number, padding="." * 50)
    names = sorted(path.name for path in file.parent.iterdir())
    assert names == ["curatord.jsonl", "curatord.jsonl.1", "curatord.jsonl.2"]
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    assert lines(file)[-1]["number"] == 199


def test_a_path_that_is_not_utf8_can_be_told(file: Path) -> None:
    """Bytes that no JSON can hold are written with backslashes."""
    configure(Log(), file)
    get_logger("x").info("problem", path="caf\udce9.md")
    assert lines(file)[0]["path"] == "caf\\udce9.md"


def test_an_exception_is_one_line(file: Path) -> None:
    """A traceback does not tear the file's line structure."""
    configure(Log(), file)
    get_logger("x").error("pass_failed", exc_info=OSError(28, "No space left on device"))
    (line,) = lines(file)
    assert "No space left" in str(line["exception"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_log_that_cannot_be_written_is_told_once_and_stops_nothing(
    file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A full disk must not fill the terminal with tracebacks."""
    file.parent.mkdir()
    file.symlink_to("/dev/full")
    configure(Log(), file)
    for _ in range(3):
        get_logger("service").info("started")
    assert capfd.readouterr().err == f"curatord: the log {file} cannot be written: No space left on device.\n"


def aged(file: Path, days: float) -> None:
    """Make a log that was begun so many days ago."""
    file.parent.mkdir()
    began = datetime.now(UTC) - timedelta(days=days)
    file.write_bytes(orjson.dumps({"time": began.isoformat(), "level": "info", "event": "old"}) + b"\n")


@pytest.mark.parametrize(("days", "rotated"), [(6.9, False), (7.1, True)])
def test_the_file_is_rotated_by_age(file: Path, days: float, rotated: bool) -> None:
    """A file is as old as its first line, however often curatord was started since."""
    aged(file, days)
    configure(Log(max_days=7), file)
    get_logger("x").info("new")
    assert file.with_name("curatord.jsonl.1").exists() is rotated
    assert [line["event"] for line in lines(file)] == (["new"] if rotated else ["old", "new"])
    get_logger("x").info("newer")
    assert not file.with_name("curatord.jsonl.2").exists()


def test_at_any_age_where_age_does_not_count(file: Path) -> None:
    """0 days switch it off."""
    aged(file, 5000)
    configure(Log(max_days=0), file)
    get_logger("x").info("new")
    assert len(lines(file)) == 2


def test_rotated_files_that_are_too_old_are_deleted(file: Path) -> None:
    """When the log is opened; whatever else lies there stays."""
    file.parent.mkdir()
    names = ("curatord.jsonl.1", "curatord.jsonl.2", "curatord.jsonl.mine")
    for name in names:
        (file.parent / name).write_text("{}\n")
        if name != names[0]:
            os.utime(file.parent / name, (0, 0))
    configure(Log(keep_days=30), file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["curatord.jsonl", names[0], names[2]]
