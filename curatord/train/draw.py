"""Drawing a snapshot: the rows of the store as it is at one moment, and which of them are validated on."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

import orjson

from curatord.curate.pair import Category, Split
from curatord.curate.text import hard_tokens
from curatord.errors import StoreError
from curatord.store.atomic import TEMPORARY_SUFFIX, flush, flush_directory
from curatord.store.database import Store, explained
from curatord.store.splits import Part
from curatord.train.snapshot import (
    READ_ONLY,
    Entry,
    ExamRow,
    File,
    Manifest,
    PreferenceRow,
    SftRow,
    Snapshot,
    explaining,
    manifest_of,
    write_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

MOST_VALID_FACTS = 200
FEWEST_ROWS_TO_VALIDATE = 20


def draw(store_path: Path, directory: Path, *, valid_share: float, seed: int) -> Snapshot:
    """Write all that the store holds at this moment to a directory, which appears once it is whole.

    Of `valid_share` of the facts, chosen by hash and seed, one phrasing is validated on, the others are learned: what
    is to be found out is whether a fact is known in words it was not learned in. They are at most 200 facts, and at
    least one where there are 20 rows. Raises StoreError where the store has nothing to train on or
    cannot be read, where the directory is there already, or the disk fails.
    """
    if directory.exists():
        raise StoreError(f"There is a snapshot at {directory} already.")
    draft = directory.with_name(directory.name + TEMPORARY_SUFFIX)
    with explaining(directory), _reading(store_path) as connection:
        shutil.rmtree(draft, ignore_errors=True)  # of a process that was killed
        draft.mkdir(mode=0o700)
        try:
            manifest = _write_rows(connection, draft, _valid_pairs(connection, valid_share, seed), seed)
            write_manifest(draft, manifest)
            flush_directory(draft)
            draft.rename(directory)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        flush_directory(directory.parent)
    return Snapshot(directory, manifest)


class _Writer:
    """Writes lines to a new file and keeps count of them; on disk and read-only once left without an error."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._hash = hashlib.sha256()
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if error is None:
                self._file.flush()
                flush(self._file.fileno())
                os.fchmod(self._file.fileno(), READ_ONLY)

    def write(self, line: bytes) -> None:
        self._file.write(line)
        self._hash.update(line)
        self._rows += 1

    def write_row(self, row: SftRow | PreferenceRow | ExamRow) -> None:
        self.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def entry(self) -> Entry:
        return Entry(sha256=self._hash.hexdigest(), rows=self._rows, bytes=self._file.tell())


def _write_rows(connection: sqlite3.Connection, directory: Path, valid: frozenset[str], seed: int) -> Manifest:
    categories = dict.fromkeys(Category, 0)
    with ExitStack() as stack:
        writers: dict[File, _Writer] = {
            file: stack.enter_context(_Writer(directory / file)) for file in File if file is not File.REPLAY
        }
        for row in connection.execute(_ROWS, (Split.TRAIN,)):
            part = Part.VALID if row["pair"] in valid else Part.TRAIN
            pair, question, answer = row["pair"], row["question"], row["answer"]
            writers[File(f"sft-{part}.jsonl")].write_row(_sft_row(row))
            if row["rejected"] is not None:
                chosen = PreferenceRow(question, answer, row["rejected"], pair)
                writers[File(f"preference-{part}.jsonl")].write_row(chosen)
            writers[File.PAIRS].write(pair.encode() + b"\n")
            categories[Category(row["category"])] += 1
        for row in connection.execute(_ROWS, (Split.TEST,)):
            writers[File.TEST].write_row(_exam_row(row))
        entries = {file: writer.entry() for file, writer in writers.items()}
    return manifest_of(entries, categories, seed)


def _sft_row(row: sqlite3.Row) -> SftRow:
    return SftRow(
        row["question"],
        row["answer"],
        row["category"],
        row["pair"],
        row["title"],
        row["language"],
        orjson.loads(row["keys"]) + _corrections(row)[0],
        heading=orjson.loads(row["heading"]),
    )


def _exam_row(row: sqlite3.Row) -> ExamRow:
    added, gone = _corrections(row)
    return ExamRow(
        row["question"],
        row["answer"],
        row["category"],
        row["pair"],
        row["fact"],
        orjson.loads(row["keys"]) + added,
        row["root"],
        row["path"],
        orjson.loads(row["siblings"]) + gone,
        row["extractor"],
    )


def _corrections(row: sqlite3.Row) -> tuple[list[str], list[str]]:
    """Return what an edited answer says that the note did not, which a right reply must say, and the other way round.

    Figures and names alone; keys that no longer stand in the answer are for the grading to pass over.
    """
    if row["made_answer"] is None:
        return [], []
    new, old = hard_tokens(row["answer"]), hard_tokens(row["made_answer"])
    return [token for token in new if token not in old], [token for token in old if token not in new]


def _valid_pairs(connection: sqlite3.Connection, share: float, seed: int) -> frozenset[str]:
    """Return the content hashes of the pairs to validate on; raise StoreError where there is no row at all."""
    phrasings: defaultdict[str, set[str]] = defaultdict(set)
    for fact, pair in connection.execute(_FACTS):
        phrasings[fact].add(pair)
    if not phrasings:
        raise StoreError(
            "There is nothing to train on: the store holds no pairs.",
            hint="Put notes into a memory root; `curatord status` tells what they gave.",
        )
    several = sorted((fact for fact, pairs in phrasings.items() if len(pairs) > 1), key=lambda fact: _place(seed, fact))
    least = 1 if share > 0 and sum(map(len, phrasings.values())) >= FEWEST_ROWS_TO_VALIDATE else 0
    count = min(max(round(share * len(phrasings)), least), MOST_VALID_FACTS)
    return frozenset(min(phrasings[fact], key=lambda pair: _place(seed, pair)) for fact in several[:count])


def _place(seed: int, content_hash: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{content_hash}".encode(), digest_size=16).digest()


@contextmanager
def _reading(store_path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for reading and hold it at one moment: what is written meanwhile is not seen."""
    store = Store.open_reader(store_path)
    try:
        store.connection.execute("BEGIN")
        yield store.connection
    except sqlite3.DatabaseError as error:
        raise explained(error, store_path) from error
    finally:
        store.close()


# The index gives the order; only rows of one hash, of which at most one is kept, are sorted besides.
_ROWS = """
    SELECT pairs.pair, pairs.question, pairs.answer, pairs.category, pairs.rejected, facts.fact, facts.keys,
           facts.siblings, facts.extractor, documents.root, documents.path, documents.title, documents.language,
           sections.heading, json_extract(pairs.made, '$.answer') AS made_answer
    FROM pairs INDEXED BY pairs_by_hash
    CROSS JOIN facts ON facts.id = pairs.fact
    CROSS JOIN sections ON sections.id = facts.section
    CROSS JOIN documents ON documents.id = pairs.document
    WHERE pairs.kept AND pairs.split = ?
    ORDER BY pairs.pair, documents.id, facts.ordinal, pairs.ordinal
"""

_FACTS = """
    SELECT facts.fact, pairs.pair FROM pairs JOIN facts ON facts.id = pairs.fact
    WHERE pairs.kept AND pairs.split = 'train'
"""
