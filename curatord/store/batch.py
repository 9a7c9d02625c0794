"""One batch of changes to documents: put, remove, and what follows from them, in one transaction.

What a batch leaves behind depends only on the documents that are in the store afterwards and on what people said of
pairs, never on the order or number of batches that brought them there.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from curatord.errors import StoreError
from curatord.store import judged, repeats
from curatord.store.activity import Arrivals
from curatord.store.layout import bucket_of, document_id, resized, shard_count, shard_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from curatord.store.database import Store
    from curatord.store.records import DocumentRecord, SectionRecord
    from curatord.store.rows import SectionRows


class Batch:
    """The changes of one transaction; made by `batch`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Start with nothing changed."""
        self.connection = connection
        self.changed: set[str] = set()
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (question INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM touched")
        repeats.begin(connection)
        self._next_fact = _next_id(connection, "facts")
        self._first_new = self._first_unindexed = self._next_pair = _next_id(connection, "pairs")
        self._arrivals = Arrivals(connection)

    def put(self, record: DocumentRecord) -> None:
        """Make the store hold this document; sections that come without pairs keep the rows they have.

        Raises StoreError when such a section is not in the store.
        """
        identity = self._begin(record.root, record.path)
        self._touch(identity)  # a pair's standing among equal questions depends on its document's date and order
        self._put_row(identity, record)
        self._put_sections(identity, record.sections)
        self.changed.add(identity)

    def remove(self, root: str, path: str) -> bool:
        """Forget a document with all it gave; return whether there was one."""
        identity = self._begin(root, path)
        self._touch(identity)
        gone = self.connection.execute("DELETE FROM documents WHERE id = ?", (identity,)).rowcount > 0
        if gone:
            self.changed.add(identity)
        return gone

    def reconsider(self, rows: Iterable[int]) -> None:
        """Let pairs, by their rows, say what the judgements of people want now."""
        effects = judged.bring_in_line(self.connection, rows)
        self.connection.executemany(_TOUCH, [(question,) for question in effects.questions])
        self.changed |= effects.documents

    def _begin(self, root: str, path: str) -> str:
        identity = document_id(root, path)
        if identity in self.changed:
            self._index_new_pairs()  # rows on their way out must be in the index that they are taken out of
        return identity

    def settle(self, documents_per_shard: int, count_before: int) -> None:
        """Decide which of equal questions is kept, and note the shards that no longer show what is in the store."""
        self._index_new_pairs()
        self.reconsider(judged.new_rows(self.connection, self._first_new))
        self.changed.update(_settle_questions(self.connection))
        self._arrivals.count(datetime.now().astimezone().date())
        count = shard_count(_count_documents(self.connection), documents_per_shard)
        dirty = set(resized(shard_count(count_before, documents_per_shard), count))
        dirty.update(shard_of(bucket_of(identity), count) for identity in self.changed)
        self.connection.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(number,) for number in sorted(dirty)])

    def _put_row(self, identity: str, record: DocumentRecord) -> None:
        self.connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title,"
            " language = excluded.language, date = excluded.date, words = excluded.words",
            (
                identity,
                record.root,
                record.path,
                record.kind,
                record.title,
                record.language,
                record.date,
                record.words,
                bucket_of(identity),
            ),
        )

    def _touch(self, identity: str) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO touched SELECT pairs.question_hash FROM sections"
            " JOIN facts ON facts.section = sections.id JOIN pairs ON pairs.fact = facts.id"
            " WHERE sections.document = ?",
            (identity,),
        )
        repeats.touch_document(self.connection, identity)

    def _put_sections(self, identity: str, sections: tuple[SectionRecord, ...]) -> None:
        known = self._known_sections(identity)
        # Ordinals are unique within a document; out of the way with the old ones before the new ones come.
        self.connection.execute("UPDATE sections SET ordinal = -1 - ordinal WHERE document = ?", (identity,))
        for ordinal, section in enumerate(sections):
            if section.rows is not None:
                self._insert_section(identity, ordinal, section, section.rows)
            elif known[section.key]:
                self._move_section(known[section.key].pop(0), ordinal, section)
            else:
                raise StoreError(f"Section {section.key} of {identity} came without its pairs.")
        leftover = [(row,) for rows in known.values() for row in rows]
        self.connection.executemany("DELETE FROM sections WHERE id = ?", leftover)

    def _known_sections(self, identity: str) -> defaultdict[str, list[int]]:
        known: defaultdict[str, list[int]] = defaultdict(list)
        rows = self.connection.execute("SELECT id, key FROM sections WHERE document = ? ORDER BY ordinal", (identity,))
        for row, key in rows:
            known[key].append(row)
        return known

    def _move_section(self, row: int, ordinal: int, section: SectionRecord) -> None:
        self.connection.execute(
            "UPDATE sections SET ordinal = ?, heading = ?, first_line = ?, last_line = ? WHERE id = ?",
            (
                ordinal,
                orjson.dumps(section.heading_path).decode(),
                section.lines.first,
                section.lines.last,
                row,
            ),
        )

    def _insert_section(self, identity: str, ordinal: int, section: SectionRecord, rows: SectionRows) -> None:
        row = self.connection.execute(
            "INSERT INTO sections (document, ordinal, key, heading, first_line, last_line, dropped)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                identity,
                ordinal,
                section.key,
                orjson.dumps(section.heading_path).decode(),
                section.lines.first,
                section.lines.last,
                rows.dropped,
            ),
        ).lastrowid
        self._arrivals.expect(pair[1] for _, pair in rows.pairs)
        first = self._next_fact
        self._next_fact += len(rows.facts)
        self.connection.executemany(
            _INSERT_FACT, [(first + number, row, *fact) for number, fact in enumerate(rows.facts)]
        )
        self.connection.executemany(
            _INSERT_PAIR,
            [
                (self._next_pair + number, first + position, identity, *pair, pair[1])
                for number, (position, pair) in enumerate(rows.pairs)
            ],
        )
        self._next_pair += len(rows.pairs)
        self.connection.executemany(_TOUCH, [(pair[2],) for _, pair in rows.pairs])
        repeats.touch(self.connection, rows.facts)

    def _index_new_pairs(self) -> None:
        """Bring the search index up to date: for many rows at once this is five times as fast as by a trigger."""
        self.connection.execute(
            "INSERT INTO pairs_search (rowid, question, answer) SELECT id, question, answer FROM pairs WHERE id >= ?",
            (self._first_unindexed,),
        )
        self._first_unindexed = self._next_pair


@contextmanager
def batch(store: Store, documents_per_shard: int) -> Iterator[Batch]:
    """Open a batch: on leaving the block its consequences are drawn and all is committed, or nothing is."""
    with store.transaction() as connection:
        changes = Batch(connection)
        before = _count_documents(connection)
        yield changes
        changes.settle(documents_per_shard, before)


_INSERT_FACT = (
    "INSERT INTO facts (id, section, ordinal, fact, extractor, subject, statement, keys, siblings, first_line,"
    " last_line, sense, attribute) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_PAIR = (
    "INSERT INTO pairs (id, fact, document, ordinal, pair, question_hash, split, category, phrasing, question, answer,"
    " score, parts, made_strategy, made_rejected, seen)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, EXISTS (SELECT 1 FROM seen WHERE seen.pair = ?))"
)
_TOUCH = "INSERT OR IGNORE INTO touched VALUES (?)"

# Questions that more than one row asks, or that are no longer alone, or have just come to be.
_CONTESTED = """
    INSERT INTO contested
    SELECT touched.question FROM touched JOIN pairs ON pairs.question_hash = touched.question
    GROUP BY touched.question
    HAVING count(*) > 1 OR min(pairs.kept) = 0 OR max(pairs.stale IS NOT NULL) OR max(pairs.verdict IS NOT NULL)
"""

# Of rows that ask the same question, and whose facts are asked at all, one is kept: one that a person approved or
# edited, then that of the newest note, then of the least content hash and place. Row ids, which tell the order of
# arrival, have no say. What a person approved is kept even where another note says the same, though not where a newer
# one says otherwise. What a person rejected is not kept, and holds its place: no other note's answer takes it.
_SURVIVORS = """
    SELECT wins, id, document FROM (
        SELECT pairs.id, pairs.document, pairs.kept, pairs.verdict IS NOT 'down' AND NOT facts.superseded
            AND (NOT facts.repeated OR coalesce(pairs.verdict <> 'down', 0)) AND row_number() OVER (
                PARTITION BY pairs.question_hash
                ORDER BY facts.superseded, coalesce(pairs.verdict <> 'down', 0) DESC, facts.repeated,
                         documents.date DESC NULLS LAST, pairs.pair, pairs.document, sections.ordinal, facts.ordinal,
                         pairs.ordinal
            ) = 1 AS wins
        FROM contested
        CROSS JOIN pairs INDEXED BY pairs_by_question ON pairs.question_hash = contested.question
        JOIN documents ON documents.id = pairs.document
        JOIN facts ON facts.id = pairs.fact
        JOIN sections ON sections.id = facts.section
    ) WHERE kept <> wins
"""

# What an older note answers, where it gives the same thing another value, is the most natural wrong answer there is.
_STALE = """
    SELECT known, id, document FROM (
        SELECT pairs.id, pairs.document, pairs.stale, CASE WHEN pairs.kept AND pairs.verdict IS NOT 'edited' THEN (
            SELECT older.answer
            FROM pairs AS older INDEXED BY pairs_by_question
            JOIN documents AS theirs ON theirs.id = older.document
            JOIN facts AS fact ON fact.id = older.fact
            WHERE older.question_hash = pairs.question_hash AND NOT older.kept AND theirs.date < documents.date
              AND fact.superseded AND fact.attribute = facts.attribute AND fact.sense <> facts.sense
              AND older.verdict IS NOT 'edited'
            ORDER BY theirs.date DESC, older.answer LIMIT 1
        ) END AS known
        FROM contested
        CROSS JOIN pairs INDEXED BY pairs_by_question ON pairs.question_hash = contested.question
        JOIN documents ON documents.id = pairs.document
        JOIN facts ON facts.id = pairs.fact
    ) WHERE stale IS NOT known
"""


def _settle_questions(connection: sqlite3.Connection) -> set[str]:
    """Decide which of equal questions is kept, and what is stale; return the documents whose pairs that changed."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS contested (question INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM contested")
    connection.execute(_CONTESTED)
    repeats.settle(connection)
    # Changed row by row: an UPDATE joined with a subquery looks at every pair there is.
    moved = connection.execute(_SURVIVORS).fetchall()
    connection.executemany("UPDATE pairs SET kept = ? WHERE id = ?", [row[:2] for row in moved])
    renewed = connection.execute(_STALE).fetchall()
    connection.executemany("UPDATE pairs SET stale = ? WHERE id = ?", [row[:2] for row in renewed])
    return {row["document"] for row in (*moved, *renewed)}


def _count_documents(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0])  # noqa: S608  ours
