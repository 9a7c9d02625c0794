"""The JSONL shards: what mlx-lm reads, written from the store, and a manifest that says what is whole.

A shard is written to a temporary file, flushed and renamed; `manifest.json` is renamed last. Its hashes tell a
reader whether the files it holds belong together: a mismatch means "a new generation is being written, read again".
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from curatord.store.atomic import flush_directory, write_file
from curatord.store.layout import shard_count

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

    from curatord.store.database import Store

FORMAT = 1  # raised whenever a line's form changes, so that every shard is written again


class ShardKind(StrEnum):
    """The two data sets."""

    SFT = "sft"
    PREFERENCE = "preference"


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard as the manifest tells it; `path` is relative to the directory of the manifest."""

    path: str
    kind: ShardKind
    sha256: str
    pairs: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Written:
    """What one pass changed: the manifest's generation and the shards that were written or removed."""

    generation: int
    shards: tuple[Shard, ...] = ()
    removed: tuple[str, ...] = ()


class ShardWriter:
    """Keeps a directory of shards equal to the store."""

    def __init__(self, store: Store, directory: Path, *, system: str, documents_per_shard: int) -> None:
        """Prepare the directory, and `check` it."""
        self.store = store
        self.directory = directory
        self.system = system
        self.documents_per_shard = documents_per_shard
        self.check()

    def check(self) -> None:
        """Have those shards written again that are not there, have another size, or another form or layout."""
        for kind in ShardKind:
            (self.directory / kind).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mark_what_differs()

    def write(self) -> Written:
        """Write the dirty shards, then the manifest, then forget that they were dirty.

        Interrupted anywhere, the next call does what is left: dirty numbers are forgotten last.
        """
        dirty = [row[0] for row in self.store.connection.execute("SELECT number FROM dirty ORDER BY number")]
        manifest = self.directory / "manifest.json"
        known = self._known()
        if not dirty and _holds(manifest, render_manifest(self.generation, known.values())):
            return Written(self.generation)
        count = self._count()
        fresh = [pair for number in dirty if number < count for pair in self._write_number(number, count, known)]
        shards = {path: shard for path, shard in known.items() if _number(path) < count}
        shards.update({shard.path: shard for shard, _ in fresh})
        changed = tuple(shard for shard, is_new in fresh if is_new)
        gone = tuple(sorted(set(known) - set(shards)))
        return self._publish(manifest, shards, changed, gone)

    @property
    def generation(self) -> int:
        """The number of the manifest in force; 0 before the first."""
        return int(self.store.get("generation", "0"))

    def _publish(
        self, manifest: Path, shards: dict[str, Shard], changed: tuple[Shard, ...], gone: tuple[str, ...]
    ) -> Written:
        generation = self.generation
        if changed or gone or not _holds(manifest, render_manifest(generation, shards.values())):
            generation += 1
            for kind in ShardKind:
                flush_directory(self.directory / kind)
            write_file(manifest, render_manifest(generation, shards.values()))
            flush_directory(self.directory)
        with self.store.transaction() as connection:
            _remember(connection, shards.values())
            self.store.set("generation", str(generation))
            connection.execute("DELETE FROM dirty")
        self._remove_strays(set(shards))
        return Written(generation, changed, gone)

    def _write_number(self, number: int, count: int, known: dict[str, Shard]) -> list[tuple[Shard, bool]]:
        """Write the shards of a number, one of each kind, where they differ from what is known."""
        rows = self._rows(number, count)
        lines = {
            ShardKind.SFT: [sft_line(self.system, question, answer) for question, answer, _ in rows],
            ShardKind.PREFERENCE: [preference_line(self.system, *row) for row in rows if row[2] is not None],
        }
        return [self._write_shard(shard_path(kind, number), kind, lines[kind], known) for kind in ShardKind]

    def _write_shard(
        self, path: str, kind: ShardKind, lines: list[bytes], known: dict[str, Shard]
    ) -> tuple[Shard, bool]:
        data = b"".join(lines)
        shard = Shard(path, kind, hashlib.sha256(data).hexdigest(), len(lines), len(data))
        file = self.directory / path
        is_new = known.get(path) != shard or not _has_size(file, shard.bytes)
        if is_new:
            write_file(file, data)
        return shard, is_new

    def _rows(self, number: int, count: int) -> list[tuple[str, str, str]]:
        high = 1 << (count - 1).bit_length()
        cursor = self.store.connection.cursor()
        cursor.row_factory = None  # plain tuples: half the time of named ones over a hundred thousand rows
        return cursor.execute(
            _TRAINING_PAIRS,
            {"high": high - 1, "low": high // 2 - 1 if high > 1 else 0, "count": count, "number": number},
        ).fetchall()

    def _count(self) -> int:
        documents = self.store.connection.execute("SELECT count(*) FROM documents").fetchone()[0]
        return shard_count(documents, self.documents_per_shard)

    def _known(self) -> dict[str, Shard]:
        rows = self.store.connection.execute("SELECT kind, number, sha256, pairs, bytes FROM shards")
        found = (Shard(shard_path(kind, number), ShardKind(kind), *rest) for kind, number, *rest in rows)
        return {shard.path: shard for shard in found}

    def _mark_what_differs(self) -> None:
        form = orjson.dumps([FORMAT, self.system, self.documents_per_shard]).decode()
        count, known = self._count(), self._known()
        other_form = self.store.get("shard_form") != form
        if other_form:
            stale = set(range(count))
        else:
            expected = {shard_path(kind, number) for kind in ShardKind for number in range(count)}
            stale = {_number(path) for path in expected ^ set(known)}
            stale |= {
                _number(path) for path, shard in known.items() if not _has_size(self.directory / path, shard.bytes)
            }
        if not stale and not other_form:
            return  # a transaction costs a flush of the disk
        with self.store.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(number,) for number in sorted(stale)])
            self.store.set("shard_form", form)

    def _remove_strays(self, wanted: set[str]) -> None:
        for kind in ShardKind:
            for file in (self.directory / kind).iterdir():
                if file.relative_to(self.directory).as_posix() not in wanted:
                    file.unlink(missing_ok=True)


def shard_path(kind: ShardKind, number: int) -> str:
    """Return a shard's path below the shard directory: `sft/000.jsonl`."""
    return f"{kind}/{number:03d}.jsonl"


def sft_line(system: str, question: str, answer: str) -> bytes:
    """Return one supervised line in mlx-lm's chat format, newline included."""
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return orjson.dumps({"messages": messages}, option=orjson.OPT_APPEND_NEWLINE)


def preference_line(system: str, prompt: str, chosen: str, rejected: str) -> bytes:
    """Return one preference line in mlx-lm-lora's format, newline included."""
    line = {"system": system, "prompt": prompt, "chosen": chosen, "rejected": rejected}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def render_manifest(generation: int, shards: Iterable[Shard]) -> bytes:
    """Return the manifest: the generation, every shard in order, and the number of pairs of each kind."""
    ordered = sorted(shards, key=lambda shard: (list(ShardKind).index(shard.kind), _number(shard.path)))
    totals = {kind.value: sum(s.pairs for s in ordered if s.kind is kind) for kind in ShardKind}
    content = {"generation": generation, "shards": [asdict(shard) for shard in ordered], "pairs": totals}
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


# Which shard a bucket belongs to is `layout.shard_of`, said in SQL. The joins are in the order of the indexes, so that
# the rows come sorted without being sorted.
_TRAINING_PAIRS = """
    SELECT pairs.question, pairs.answer, pairs.rejected
    FROM documents
    CROSS JOIN sections ON sections.document = documents.id
    CROSS JOIN facts INDEXED BY facts_by_section ON facts.section = sections.id
    CROSS JOIN pairs INDEXED BY pairs_by_fact ON pairs.fact = facts.id
    WHERE CASE WHEN (documents.bucket & :high) < :count THEN documents.bucket & :high
               ELSE documents.bucket & :low END = :number
      AND pairs.kept AND pairs.split = 'train'
    ORDER BY documents.id, sections.ordinal, facts.ordinal, pairs.ordinal
"""


def _remember(connection: sqlite3.Connection, shards: Iterable[Shard]) -> None:
    connection.execute("DELETE FROM shards")
    connection.executemany(
        "INSERT INTO shards VALUES (?, ?, ?, ?, ?)",
        [(shard.kind, _number(shard.path), shard.sha256, shard.pairs, shard.bytes) for shard in shards],
    )


def _number(path: str) -> int:
    return int(path.rpartition("/")[2].removesuffix(".jsonl"))


def _has_size(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except FileNotFoundError:
        return False


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except FileNotFoundError:
        return False
