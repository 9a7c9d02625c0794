"""What the store tells its readers: totals, pairs, documents, problems. Nothing here writes.

Rows come back as plain dictionaries whose keys are the names that `curatord.control.models` gives them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from curatord.curate.pair import Category, Split
from curatord.store.activity import made_by_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

Row = dict[str, Any]

ANY = "any"


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the store holds.

    `sft` and `by_category` count the pairs to train on, `preference` those of them with a rejected answer, `new` those
    that no training run has seen, and `heldout` the pairs kept back for the exam. `documents_by_root` counts documents
    by the name of their root. `made` tells how many pairs to train on came to be, by day.
    """

    documents: int
    skipped: int
    facts: int
    sft: int
    preference: int
    new: int
    heldout: int
    by_category: dict[str, int]
    problems: int
    documents_by_root: dict[str, int]
    preference_by_category: dict[str, int]
    heldout_by_category: dict[str, int]
    made: dict[date, int]


@dataclass(frozen=True, slots=True)
class PairFilter:
    """Which pairs to list: None asks for any. `root` is its name, `document` a path below it, `kind` that of the root.

    `judged` is a verdict, or "any" for pairs that somebody judged: only so are those found that are not kept.
    """

    category: str | None = None
    document: str | None = None
    split: str | None = None
    strategy: str | None = None
    kind: str | None = None
    min_score: float | None = None
    judged: str | None = None
    root: str | None = None


def totals(connection: sqlite3.Connection) -> Totals:
    """Count everything; a few milliseconds on half a million pairs."""
    by_category, preference, heldout = ({category.value: 0 for category in Category} for _ in range(3))
    new = 0
    for split, category, preferred, seen, pairs in connection.execute("SELECT * FROM tally"):
        if split == Split.TRAIN:
            by_category[category] += pairs
            preference[category] += pairs if preferred else 0
            new += 0 if seen else pairs
        else:
            heldout[category] += pairs
    by_root = dict(connection.execute("SELECT root, count(*) FROM documents GROUP BY root ORDER BY root").fetchall())
    return Totals(
        documents=sum(by_root.values()),
        skipped=_count(connection, "files WHERE outcome = 'skipped'"),
        facts=_count(connection, "facts"),
        sft=sum(by_category.values()),
        preference=sum(preference.values()),
        new=new,
        heldout=sum(heldout.values()),
        by_category=by_category,
        problems=_count(connection, "problems"),
        documents_by_root=by_root,
        preference_by_category=preference,
        heldout_by_category=heldout,
        made=made_by_day(connection),
    )


def list_pairs(
    connection: sqlite3.Connection, wanted: PairFilter, *, limit: int, offset: int = 0
) -> tuple[int, list[Row]]:
    """Return how many pairs there are of the kind wanted, and some of them in the order of their notes."""
    condition, values = _condition(wanted)
    source = _PAIRS_IN_ORDER if _asks_for_notes(wanted) else "pairs"
    rows = connection.execute(
        f"SELECT {_PAIR_COLUMNS} FROM {_PAIRS_IN_ORDER}"  # noqa: S608  made of constants of this module
        f" WHERE {condition} {_READING_ORDER} LIMIT :limit OFFSET :offset",
        {**values, "limit": limit, "offset": offset},
    )
    return _count(connection, f"{source} WHERE {condition}", values), [_pair(row) for row in rows]


def pairs_of_rows(connection: sqlite3.Connection, rows: Iterable[int]) -> list[Row]:
    """Return the pairs of some rows in the order of their notes, kept or not; those that are gone are left out."""
    query = f"SELECT {_PAIR_COLUMNS} {_PAIR_SOURCE} WHERE pairs.id IN (SELECT value FROM json_each(?)) {_READING_ORDER}"  # noqa: S608  see above
    return [_pair(row) for row in connection.execute(query, (orjson.dumps(list(rows)).decode(),))]


def search_pairs(
    connection: sqlite3.Connection, query: str, wanted: PairFilter | None = None, *, limit: int, offset: int = 0
) -> tuple[int, list[Row]]:
    """Return how many pairs of the kind wanted hold all words of the query, and some of them, the best matches first.

    "Quoted words" must stand together, and `word*` finds every word that begins so; all else is taken literally.
    """
    match = match_expression(query)
    if not match:
        return 0, []
    kind = wanted or PairFilter()
    condition, values = _condition(kind)
    condition, values = f"pairs_search MATCH :match AND {condition}", values | {"match": match}
    source = f"{_PAIR_SOURCE} JOIN pairs_search ON pairs_search.rowid = pairs.id"
    found = "pairs_search JOIN pairs ON pairs.id = pairs_search.rowid"
    if _asks_for_notes(kind):
        found += _TO_DOCUMENTS
    rows = connection.execute(
        f"SELECT {_PAIR_COLUMNS} {source} WHERE {condition}"
        " ORDER BY bm25(pairs_search), pairs.pair LIMIT :limit OFFSET :offset",
        {**values, "limit": limit, "offset": offset},
    )
    return _count(connection, f"{found} WHERE {condition}", values), [_pair(row) for row in rows]


def match_expression(query: str) -> str:
    """Return an FTS5 expression for what a person typed: no input makes it a syntax error.

    Words are quoted as FTS5 strings (https://www.sqlite.org/fts5.html#full_text_query_syntax); those without a letter
    or a digit are left out, since they match nothing.
    """
    terms = []
    for phrase, word in _TERMS.findall(query.replace("\0", " ")):  # where SQLite would take the string to end
        text = phrase or word.replace('"', "")
        if any(character.isalnum() for character in text):
            star = "*" if not phrase and text.endswith("*") else ""
            terms.append(f'"{text.rstrip("*") if star else text}"{star}')
    return " ".join(terms)


def resolve_pair(connection: sqlite3.Connection, identity: str) -> str | None:
    """Return the content hash that is this or begins so: of a pair as it is, or as it was made before it was edited.

    None means that there is none, or more than one.
    """
    rows = connection.execute(_RESOLVE, {"first": identity, "last": f"{identity}\U0010ffff"}).fetchall()
    found = [str(row[0]) for row in rows]
    return found[0] if len(found) == 1 or (found and found[0] == identity) else None


def show_pair(connection: sqlite3.Connection, identity: str) -> Row | None:
    """Return a pair with every place where it stands, found as `resolve_pair` does; None where that finds none."""
    found = resolve_pair(connection, identity)
    if found is None:
        return None
    rows = [_pair(row) for row in connection.execute(_SHOW_PAIR, {"pair": found})]
    return {**rows[0], "parts": orjson.loads(rows[0]["parts"]), "places": [_place(row) for row in rows]}


def list_documents(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[int, list[Row]]:
    """Return how many documents there are, and some of them ordered by root and path, with what each gave."""
    rows = connection.execute(_DOCUMENTS, {"limit": limit, "offset": offset})
    return _count(connection, "documents"), [dict(row) for row in rows]


def list_skipped(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[int, list[Row]]:
    """Return how many notes give nothing, skipped or failed, and some of them with the reason."""
    condition = "files WHERE outcome <> 'document'"
    rows = connection.execute(
        f"SELECT root, path, outcome, reason FROM {condition}"  # noqa: S608  a constant
        " ORDER BY root, path LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return _count(connection, condition), [dict(row) for row in rows]


def list_problems(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[int, list[Row]]:
    """Return how many problems there are, and some of them ordered by root and path."""
    rows = connection.execute(
        "SELECT root, path, code, message, line, since FROM problems ORDER BY root, path, line, code LIMIT ? OFFSET ?",
        (limit, offset),
    )
    return _count(connection, "problems"), [dict(row) for row in rows]


def training_rows(connection: sqlite3.Connection, split: Split) -> Iterator[Mapping[str, Any]]:
    """Yield the kept pairs of a split in reading order: document, question, answer, category, rejected."""
    yield from connection.execute(
        "SELECT documents.id AS document, question, answer, category, rejected"  # noqa: S608  see above
        f" FROM {_PAIRS_IN_ORDER} WHERE pairs.kept AND pairs.split = ? {_READING_ORDER}",
        (split,),
    )


_PAIR_COLUMNS = """
    pairs.pair AS id, pairs.category, pairs.split, pairs.score, pairs.question, pairs.answer, pairs.strategy,
    pairs.rejected, documents.root, documents.path, pairs.kept, pairs.verdict, pairs.made_pair, pairs.made
"""

_RESOLVE = """
    SELECT pair FROM pairs WHERE pair BETWEEN :first AND :last
    UNION
    SELECT made_pair FROM pairs WHERE made_pair BETWEEN :first AND :last
    ORDER BY 1 LIMIT 2
"""

_TO_DOCUMENTS = """
    JOIN facts ON facts.id = pairs.fact
    JOIN sections ON sections.id = facts.section
    JOIN documents ON documents.id = sections.document
"""

_PAIR_SOURCE = f"FROM pairs {_TO_DOCUMENTS}"

# CROSS JOIN keeps SQLite from choosing another order of tables: this one follows the indexes, so that the first
# rows come without sorting all of them.
_PAIRS_IN_ORDER = """
    documents
    CROSS JOIN sections ON sections.document = documents.id
    CROSS JOIN facts ON facts.section = sections.id
    CROSS JOIN pairs INDEXED BY pairs_by_fact ON pairs.fact = facts.id
"""

_READING_ORDER = "ORDER BY documents.root, documents.path, sections.ordinal, facts.ordinal, pairs.ordinal"

_FILTERS = {
    "category": "pairs.category = :category",
    "document": "documents.path = :document",
    "split": "pairs.split = :split",
    "strategy": "pairs.strategy = :strategy",
    "kind": "documents.kind = :kind",
    "root": "documents.root = :root",
    "min_score": "pairs.score >= :min_score",
    "judged": "pairs.verdict = :judged",
}

_FILE = "(SELECT roots.path FROM roots WHERE roots.name = documents.root) || '/' || documents.path AS file"

_SHOW_PAIR = f"""
    SELECT {_PAIR_COLUMNS}, pairs.phrasing, pairs.parts, documents.title, sections.heading,
        sections.first_line + facts.first_line AS first_line, sections.first_line + facts.last_line AS last_line,
        facts.fact, facts.extractor, facts.subject, facts.statement, facts.keys, {_FILE},
        judged_at, judged_by
    {_PAIR_SOURCE} LEFT JOIN judgements ON judgements.pair = pairs.judgement
    WHERE pairs.pair = :pair OR pairs.made_pair = :pair {_READING_ORDER}
"""

_DOCUMENTS = """
    SELECT root, path, (SELECT roots.path FROM roots WHERE name = root) || '/' || path AS file,
        kind, title, language, date, words,
        (SELECT count(*) FROM sections JOIN facts ON facts.section = sections.id WHERE sections.document = documents.id)
            AS facts,
        (SELECT count(*) FROM sections JOIN facts ON facts.section = sections.id
            JOIN pairs INDEXED BY pairs_by_fact ON pairs.fact = facts.id
            WHERE sections.document = documents.id AND pairs.kept AND pairs.split = 'train') AS pairs
    FROM documents ORDER BY root, path LIMIT :limit OFFSET :offset
"""

_TERMS = re.compile(r'"([^"]*)"|(\S+)')


def _count(connection: sqlite3.Connection, what: str, values: Row | None = None) -> int:
    query = f"SELECT count(*) FROM {what}"  # noqa: S608  made of constants of this module
    return int(connection.execute(query, values or {}).fetchone()[0])


def _asks_for_notes(wanted: PairFilter) -> bool:
    return any((wanted.document, wanted.kind, wanted.root))


def _condition(wanted: PairFilter) -> tuple[str, Row]:
    values = {name: getattr(wanted, name) for name in _FILTERS if getattr(wanted, name) is not None}
    filters = _FILTERS | ({"judged": "pairs.verdict IS NOT NULL"} if wanted.judged == ANY else {})
    return " AND ".join([*(() if wanted.judged else ("pairs.kept",)), *(filters[name] for name in values)]), values


def _pair(row: sqlite3.Row) -> Row:
    """Return a pair with what it was made as, where it is edited."""
    pair = dict(row)
    identity, text = pair.pop("made_pair"), pair.pop("made")
    if text is not None:
        made = orjson.loads(text)
        text = {"id": identity, **{name: made[name] for name in ("question", "answer")}}
        text |= {"strategy": made["made_strategy"], "rejected": made["made_rejected"]}
    return pair | {"kept": bool(pair["kept"]), "made": text}


def _place(row: Row) -> Row:
    return {
        **{name: row[name] for name in _PLACE_COLUMNS},
        "heading_path": orjson.loads(row["heading"]),
        "keys": orjson.loads(row["keys"]),
    }


_PLACE_COLUMNS = (
    "kept",
    "root",
    "path",
    "file",
    "title",
    "first_line",
    "last_line",
    "fact",
    "extractor",
    "subject",
    "statement",
    "phrasing",
)
