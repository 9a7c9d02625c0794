"""The immutable data set of one training run, drawn from the store by `draw`.

    sft-train.jsonl sft-valid.jsonl                  question, answer, category, pair, and what its note is
    preference-train.jsonl preference-valid.jsonl    question, chosen, rejected, pair
    test.jsonl                                       what an exam needs: answer, keys, fact and note besides
    replay.jsonl                                     question, answer of the base model itself: `add_replay`
    pairs.txt                                        the content hash of every pair to train or validate on
    snapshot.json                                    sha256, rows and bytes of each, and one sha256 over all

Rows come in the order of their content hashes, so that equal stores give equal bytes, whatever their history.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from curatord.curate.pair import Category
from curatord.errors import StoreError
from curatord.store.atomic import flush_directory, write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from curatord.store.splits import Part

MANIFEST = "snapshot.json"
READ_ONLY = 0o444


class File(StrEnum):
    """The files that the manifest vouches for."""

    SFT_TRAIN = "sft-train.jsonl"
    SFT_VALID = "sft-valid.jsonl"
    PREFERENCE_TRAIN = "preference-train.jsonl"
    PREFERENCE_VALID = "preference-valid.jsonl"
    TEST = "test.jsonl"
    REPLAY = "replay.jsonl"
    PAIRS = "pairs.txt"


@dataclass(frozen=True, slots=True)
class SftRow:
    """A question and the answer to learn; `title` and `language` are its note's, `keys` what tells the answer.

    `heading` is the path of headings that it stands under. `edited` tells that a person has written it: it is asked as
    it stands.
    """

    question: str
    answer: str
    category: str
    pair: str
    title: str = ""
    language: str = ""
    keys: list[str] = field(default_factory=list)
    edited: bool = False
    heading: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """A question, the answer to prefer, and the one to prefer it over."""

    question: str
    chosen: str
    rejected: str
    pair: str


@dataclass(frozen=True, slots=True)
class ExamRow:
    """A question kept out of training: `keys` must stand in a right answer; `root` and `path` name the note.

    `siblings` are values that other facts have where this one has its own, `kind` is the kind of fact.
    """

    question: str
    answer: str
    category: str
    pair: str
    fact: str
    keys: list[str]
    root: str
    path: str
    siblings: list[str] = field(default_factory=list)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """A general question and what the base model answers to it."""

    question: str
    answer: str


class Entry(BaseModel):
    """One file as the manifest tells it; a row is a line."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    rows: int
    bytes: int


class Manifest(BaseModel):
    """What a snapshot holds; `categories` counts the SFT rows, `sha256` is that of all files and their names."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    sha256: str
    seed: int
    categories: dict[Category, int]
    files: dict[File, Entry]


_Row = TypeVar("_Row", SftRow, PreferenceRow, ExamRow, ReplayRow)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot on disk; rows are read as they are asked for."""

    directory: Path
    manifest: Manifest

    @property
    def sha256(self) -> str:
        """The hash of all that is in it: equal for equal data."""
        return self.manifest.sha256

    @property
    def counts(self) -> dict[str, int]:
        """Rows by file, under the file's name without its suffix."""
        return {file.partition(".")[0]: entry.rows for file, entry in self.manifest.files.items()}

    def sft(self, part: Part) -> Iterator[SftRow]:
        """Yield the supervised rows of train or valid."""
        return self._rows(File(f"sft-{part}.jsonl"), SftRow)

    def preference(self, part: Part) -> Iterator[PreferenceRow]:
        """Yield the preference rows of train or valid."""
        return self._rows(File(f"preference-{part}.jsonl"), PreferenceRow)

    def test(self) -> Iterator[ExamRow]:
        """Yield the rows kept for the exam."""
        return self._rows(File.TEST, ExamRow)

    def replay(self) -> Iterator[ReplayRow]:
        """Yield the base model's own answers; none before `add_replay`."""
        return self._rows(File.REPLAY, ReplayRow)

    def pairs(self) -> list[str]:
        """Return the content hash of every pair that is trained or validated on."""
        return (self.directory / File.PAIRS).read_text(encoding="ascii").split()

    def _rows(self, file: File, row: type[_Row]) -> Iterator[_Row]:
        if file in self.manifest.files:
            with (self.directory / file).open("rb") as lines:
                for line in lines:
                    yield row(**orjson.loads(line))


def add_replay(snapshot: Snapshot, rows: Iterable[ReplayRow]) -> Snapshot:
    """Put the base model's own answers beside the rest, in place of any before; raise StoreError if the disk fails."""
    with explaining(snapshot.directory):
        data = b"".join(orjson.dumps(asdict(row), option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        _write_read_only(snapshot.directory / File.REPLAY, data)
        entry = Entry(sha256=hashlib.sha256(data).hexdigest(), rows=data.count(b"\n"), bytes=len(data))
        known = snapshot.manifest
        manifest = manifest_of({**known.files, File.REPLAY: entry}, known.categories, known.seed)
        write_manifest(snapshot.directory, manifest)
        flush_directory(snapshot.directory)
    return Snapshot(snapshot.directory, manifest)


def open_snapshot(directory: Path) -> Snapshot:
    """Return the snapshot in a directory; raise StoreError unless every file is what its hash says."""
    try:
        manifest = Manifest.model_validate_json((directory / MANIFEST).read_bytes())
        intact = manifest == manifest_of(manifest.files, manifest.categories, manifest.seed)
        damaged = [] if intact else [MANIFEST]
        damaged += [file for file, entry in manifest.files.items() if _sha256(directory / file) != entry.sha256]
    except OSError as error:
        raise StoreError(f"The snapshot {directory} cannot be read: {error.strerror}.", hint=_NEW_RUN) from error
    except ValidationError as error:
        raise StoreError(f"{directory / MANIFEST} is damaged.", hint=_NEW_RUN) from error
    if damaged:
        raise StoreError(f"{directory / damaged[0]} is not as it was written.", hint=_NEW_RUN)
    return Snapshot(directory, manifest)


def manifest_of(files: dict[File, Entry], categories: dict[Category, int], seed: int) -> Manifest:
    """Return the manifest of these files, with the hash over all of them."""
    ordered = {file: files[file] for file in File if file in files}
    named = [(file.value, entry.sha256) for file, entry in ordered.items()]
    total = hashlib.sha256(orjson.dumps(named)).hexdigest()
    return Manifest(sha256=total, seed=seed, categories=categories, files=ordered)


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Replace the manifest of a snapshot as a whole."""
    _write_read_only(directory / MANIFEST, manifest.model_dump_json(indent=2).encode() + b"\n")


@contextmanager
def explaining(directory: Path) -> Iterator[None]:
    """Turn what the operating system says about writing a snapshot into a StoreError."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"The snapshot {directory} cannot be written: {error.strerror}.", hint="Free some space."
        ) from error


_NEW_RUN = "Cancel this run and start another."


def _write_read_only(file: Path, data: bytes) -> None:
    write_file(file, data)  # writable until it has its name: what a killed process left could not be replaced else
    file.chmod(READ_ONLY)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
