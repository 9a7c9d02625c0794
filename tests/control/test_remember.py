"""Writing a note into a memory root: it says what it was given, and nothing is ever lost by it."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.config import Settings
from curatord.control.remember import write_note
from curatord.errors import ConfigurationError, CuratordError, UsageError
from curatord.memory.document import Kind
from curatord.memory.note import parse_note

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "The tide gauge at the north pier samples every 6 minutes, and its battery lasts 14 months."
DAY = date(2024, 5, 17)


def configured(directory: Path, **memory: object) -> Settings:
    """Return settings with two knowledge roots and one of episodes below a directory."""
    roots = [("knowledge", "knowledge"), ("more", "knowledge"), ("episodes", "episodes")]
    for name, _ in roots:
        (directory / name).mkdir(exist_ok=True)
    listed = [{"path": directory / name, "kind": kind} for name, kind in roots]
    return Settings.model_validate({"memory": {"roots": listed, **memory}})


def write(directory: Path, title: str, text: str = TEXT, **memory: object) -> Path:
    """Write a knowledge note."""
    return write_note(configured(directory, **memory), Kind.KNOWLEDGE, title, text, DAY)


def listed(directory: Path) -> list[str]:
    """Return the names in the first knowledge root, hidden ones too."""
    return sorted(file.name for file in (directory / "knowledge").iterdir())


def test_a_note_has_frontmatter_a_heading_and_its_text(tmp_path: Path) -> None:
    """Readable as any other note."""
    path = write(tmp_path, "Tide gauge")
    assert path == tmp_path / "knowledge" / "tide-gauge.md"
    assert path.read_text() == f"---\ntitle: Tide gauge\ncreated: 2024-05-17\n---\n\n# Tide gauge\n\n{TEXT}\n"


def test_a_text_with_a_heading_of_its_own_gets_no_second_one(tmp_path: Path) -> None:
    """Headings further down are sections."""
    assert write(tmp_path, "Tide", f"# The tide gauge\n\n{TEXT}").read_text().count("# ") == 1


def test_a_note_goes_into_the_first_root_of_its_kind(tmp_path: Path) -> None:
    """Whatever else there is."""
    path = write_note(configured(tmp_path), Kind.EPISODES, "Tide", TEXT, DAY)
    assert path == tmp_path / "episodes" / "tide.md"


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    """What was there stays as it was, and no other file is left behind."""
    names = [write(tmp_path, title, f"{TEXT} {title}").name for title in ("Tide", "tide!", "TIDE")]
    assert names == ["tide.md", "tide-2.md", "tide-3.md"]
    assert (tmp_path / "knowledge" / "tide.md").read_text().endswith("months. Tide\n")
    assert listed(tmp_path) == sorted(names)


def test_a_name_taken_by_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    """Nor is one that leads nowhere."""
    configured(tmp_path)
    (tmp_path / "knowledge" / "tide.md").symlink_to(tmp_path / "outside.md")
    assert write(tmp_path, "Tide").name == "tide-2.md"
    assert not (tmp_path / "outside.md").exists()


def test_notes_written_at_once_all_find_a_name(tmp_path: Path) -> None:
    """Each is whole."""
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda number: write(tmp_path, "Tide", f"{TEXT} {number}"), range(16)))
    assert len(set(paths)) == 16
    assert all(path.read_text().endswith(f"months. {number}\n") for number, path in enumerate(paths))


def test_a_drive_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As exFAT: the name is taken first."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    assert [write(tmp_path, "Tide").name for _ in range(2)] == ["tide.md", "tide-2.md"]
    assert listed(tmp_path) == ["tide-2.md", "tide.md"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc-passwd.md"),
        ("/etc/hosts", "etc-hosts.md"),
        (".hidden", "hidden.md"),
        ("Café Müller & Søn", "cafe-muller-søn.md"),
        ("潮位計", "潮位計.md"),
        ("...", "note.md"),
        ("a" * 200, "a" * 80 + ".md"),
    ],
)
def test_a_name_is_made_of_the_titles_letters(tmp_path: Path, title: str, name: str) -> None:
    """Always directly in the root, never hidden."""
    assert write(tmp_path, title) == tmp_path / "knowledge" / name


@given(title=st.text(min_size=1, max_size=200), text=st.text(max_size=300))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_title_and_text_a_note_lies_in_its_root_with_its_title_or_is_refused(
    tmp_path: Path, title: str, text: str
) -> None:
    """And it is read back with the title it was given and the day it was made."""
    try:
        path = write(tmp_path, title, f"{TEXT}\n\n{text}")
    except UsageError:
        return
    assert path.parent == tmp_path / "knowledge"
    document = parse_note(path.read_bytes(), root="knowledge", path=path.name, kind=Kind.KNOWLEDGE)
    assert document.metadata["created"] == "2024-05-17"
    assert document.title == " ".join("".join(c if c.isprintable() else " " for c in title).split())
    assert document.remarks == ()


@pytest.mark.parametrize(
    ("title", "text", "memory", "told"),
    [
        (" \n", TEXT, {}, "The note has no title."),
        ("Tide", "Short.", {}, "skipped as noise"),
        ("Tide", TEXT, {"max_bytes": 100}, "over the limit of 100"),
        ("Tide", f"{TEXT} \0", {}, "NUL"),
        ("Tide", f"{TEXT} \ud800", {}, "half a character"),
        ("Draft tide", TEXT, {"ignore": ["draft-*"]}, "Choose another title."),
    ],
)
def test_what_the_daemon_would_not_read_is_refused(
    tmp_path: Path, title: str, text: str, memory: dict[str, object], told: str
) -> None:
    """Or its writer would believe it remembered."""
    with pytest.raises(UsageError) as caught:
        write(tmp_path, title, text, **memory)
    assert told in str(caught.value)
    assert listed(tmp_path) == []


def test_the_roots_own_ignore_file_counts(tmp_path: Path) -> None:
    """As it does when notes are looked for."""
    configured(tmp_path)
    (tmp_path / "knowledge" / ".curatorignore").write_text("tide*\n")
    with pytest.raises(UsageError, match="ignored"):
        write(tmp_path, "Tide")


def test_without_a_root_of_the_kind_there_is_no_place(tmp_path: Path) -> None:
    """Neither where it is not configured, nor where it is gone."""
    with pytest.raises(ConfigurationError, match="no memory root for knowledge"):
        write_note(Settings(), Kind.KNOWLEDGE, "Tide", TEXT, DAY)
    settings_ = configured(tmp_path)
    (tmp_path / "knowledge").rmdir()
    with pytest.raises(CuratordError, match="is missing"):
        write_note(settings_, Kind.KNOWLEDGE, "Tide", TEXT, DAY)
