"""Looking for gaps: what the store, the exam of the adapter in service, and the questions asked tell together."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import orjson

from curatord.errors import NotFoundError
from curatord.exam import check
from curatord.exam.gaps import Answered, Evidence, Gap, Kind, Part, Question, Signals, Sureness, rank, sureness
from curatord.exam.records import read_replies
from curatord.exam.retrieval import retrieve
from curatord.exam.unanswered import unanswered
from curatord.store.database import Store, explained

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from curatord.exam.embedding import Model
    from curatord.exam.known import KnownTexts, Nearness
    from curatord.exam.retrieval import Retrieval
    from curatord.paths import StateDirectory

NO_ADAPTER = "no adapter is in service: nothing is taught yet"
NOT_ASKED = "the exam of the adapter in service did not measure it"
NO_MODEL = "no embedding model is installed: pip install 'curatord[gaps]'"
SHOWN = 5  # questions of a gap
MEASURED = 3  # of them, whose distance and hits are looked up
_LEAST_LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Survey:
    """The gaps, the largest first; the adapter in service; and why a signal is absent, by its name."""

    gaps: tuple[Gap, ...]
    adapter: str | None
    absent: dict[str, str]


def survey(state: StateDirectory, *, model: Model | None, topic: str | None = None, most: int = 20) -> Survey:
    """Return at most so many gaps; with `topic` only of notes whose path or title holds it.

    `model` is `embedding.installed()`, or None to do without it. Raises StoreError where the store cannot be read, and
    NotFoundError where no note is of that topic.
    """
    answers, adapter = read_answers(state), adapter_in_service(state)
    with reading(state) as connection:
        facts = _facts(connection, topic)
        evidence = [*_untaught(facts, served=adapter is not None), *_weak(facts, answers, sureness(_all(answers)))]
        is_needed = adapter is not None or (topic is None and bool(unanswered(state.path)))
        known = _known(connection, state, model) if is_needed else None
        look = _Look(connection, known, served=adapter is not None)
        first = islice((gap.evidence for gap in rank(evidence)), max(3 * most, _LEAST_LOOKED_AT))
        asked = [] if topic else look.unknown(state.path)
        gaps = rank([*(look.measured(one) for one in first), *asked])[:most]
    return Survey(tuple(gaps), adapter, _absent(gaps, model, adapter))


def adapter_in_service(state: StateDirectory) -> str | None:
    """Return the id of the adapter in service, None where there is none."""
    return state.current.resolve().name if state.current.exists() else None


def read_answers(state: StateDirectory) -> dict[str, list[Answered]]:
    """Return the replies in the exam of the adapter in service, by note; nothing where there is none."""
    found: defaultdict[str, list[Answered]] = defaultdict(list)
    for one in read_replies(state.current):
        answered = Answered(one.question, one.answer, one.reply, one.right, one.fact, one.entropy, one.agreement)
        found[one.topic].append(answered)
    return dict(found)


@contextmanager
def reading(state: StateDirectory) -> Iterator[sqlite3.Connection]:
    """Open the store for reading, and hold it at one moment."""
    store = Store.open_reader(state.store)
    try:
        store.connection.execute("BEGIN")
        yield store.connection
    except sqlite3.DatabaseError as error:
        raise explained(error, store.path) from error
    finally:
        store.close()


def check_question(
    connection: sqlite3.Connection, state: StateDirectory, question: str, model: Model | None
) -> tuple[Nearness | None, Retrieval, check.Service | None]:
    """Return what `check.stand` needs to know of a question besides what the model says to it."""
    near, found = check.look_up(connection, question, _known(connection, state, model))
    if adapter_in_service(state) is None:
        return near, found, None
    answers = _all(read_answers(state))
    wrong = frozenset(one.fact for one in answers if not one.right)
    return near, found, check.Service(sureness(answers), wrong)


class _Fact(NamedTuple):
    """A fact as gaps are counted: where it stands, and a question for it."""

    topic: str
    title: str
    heading: str
    fact: str
    statement: str
    question: str
    seen: bool


def _facts(connection: sqlite3.Connection, topic: str | None) -> list[_Fact]:
    rows = [
        _Fact(row[0], row[1], " > ".join(orjson.loads(row[2])), row[3], row[4], row[5], bool(row[6]))
        for row in connection.execute(_FACTS)
    ]
    if topic is None:
        return rows
    chosen = [row for row in rows if topic.casefold() in f"{row.topic}\n{row.title}".casefold()]
    if not chosen:
        raise NotFoundError(f"No note with facts is of the topic {topic!r}.", hint="`curatord documents` lists them.")
    return chosen


def _untaught(facts: Iterable[_Fact], *, served: bool) -> Iterator[Evidence]:
    for topic, some in _by_topic(facts).items():
        lacking = [fact for fact in some if not (served and fact.seen)]
        yield Evidence(
            Kind.UNTAUGHT,
            topic,
            some[0].title,
            facts=len(lacking),
            of=len(some),
            parts=_parts(fact.heading for fact in lacking),
            questions=tuple(Question(fact.question, fact.statement) for fact in lacking[:SHOWN]),
        )


def _weak(facts: Iterable[_Fact], answers: dict[str, list[Answered]], sure: Sureness) -> Iterator[Evidence]:
    for topic, some in _by_topic(facts).items():
        headings = {fact.fact: fact.heading for fact in some}
        asked = [one for one in answers.get(topic, []) if one.fact in headings]
        wrong = [one for one in asked if not one.right]
        unsure = [one for one in asked if one.right and not sure.is_sure(one.entropy, one.agreement)]
        lacking = [*wrong, *unsure]
        yield Evidence(
            Kind.WEAK,
            topic,
            some[0].title,
            facts=len(lacking),
            of=len(asked),
            wrong=len(wrong),
            unsure=len(unsure),
            parts=_parts(headings[one.fact] for one in lacking),
            questions=tuple(Question(one.question, one.answer, one.reply) for one in lacking[:SHOWN]),
            signals=Signals(
                entropy=_mean(one.entropy for one in lacking), agreement=_mean(one.agreement for one in lacking)
            ),
        )


class _Look:
    """Looks questions up in what was taught, and in all that the notes say."""

    def __init__(self, connection: sqlite3.Connection, known: KnownTexts | None, *, served: bool) -> None:
        self._connection = connection
        self._known = known
        self._served = served

    def measured(self, evidence: Evidence) -> Evidence:
        """Return evidence with the signals that tell how far its questions are from what was taught."""
        if not self._served:
            return evidence
        questions = [one.question for one in evidence.questions[:MEASURED]]
        near = self._known.nearest(questions, only_seen=True) if self._known is not None else []
        shares = [retrieve(self._connection, question, only_seen=True).share for question in questions]
        distance = _mean(one.distance for one in near)
        return replace(evidence, signals=replace(evidence.signals, distance=distance, share=_mean(shares)))

    def unknown(self, state: Path) -> Iterator[Evidence]:
        """Yield the questions that were asked and that the notes still do not speak of."""
        for one in unanswered(state):
            near, found = check.look_up(self._connection, one.question, self._known)
            if check.notes_speak_of(near, found) is False:
                distance = None if near is None else near.distance
                signals = Signals(distance=distance, share=found.share)
                question = Question(one.question, times=one.times)
                yield Evidence(
                    Kind.UNKNOWN, one.question, "", one.times, one.times, questions=(question,), signals=signals
                )


def _known(connection: sqlite3.Connection, state: StateDirectory, model: Model | None) -> KnownTexts | None:
    if model is None:
        return None
    from curatord.exam.known import KnownTexts  # noqa: PLC0415  NumPy, which the daemon must not load

    return KnownTexts(connection, state.path, model)


def _absent(gaps: Sequence[Gap], model: Model | None, adapter: str | None) -> dict[str, str]:
    """Return why signals are absent from the gaps of notes."""
    if adapter is None:
        return {
            "embedding": NO_MODEL if model is None else NO_ADAPTER,
            "interrogation": NO_ADAPTER,
            "retrieval": NO_ADAPTER,
        }
    asked = any(gap.evidence.signals.entropy is not None for gap in gaps)
    return ({"embedding": NO_MODEL} if model is None else {}) | ({} if asked else {"interrogation": NOT_ASKED})


def _all(answers: dict[str, list[Answered]]) -> list[Answered]:
    return [one for some in answers.values() for one in some]


def _by_topic(facts: Iterable[_Fact]) -> dict[str, list[_Fact]]:
    groups: defaultdict[str, list[_Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.topic].append(fact)
    return groups


def _parts(headings: Iterable[str]) -> tuple[Part, ...]:
    counted = Counter(headings)
    return tuple(Part(heading, number) for heading, number in counted.most_common(SHOWN))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


# A fact's question is the one that is kept for the exam, where it has one: it is asked in words that are not taught.
_FACTS = """
    SELECT documents.root || '/' || documents.path, documents.title, sections.heading, facts.fact, facts.statement,
        coalesce(
            min(CASE WHEN pairs.split = 'test' THEN pairs.question END),
            min(CASE WHEN pairs.split = 'train' THEN pairs.question END)
        ),
        max(CASE WHEN pairs.split = 'train' THEN pairs.seen END) AS seen
    FROM documents
    CROSS JOIN sections ON sections.document = documents.id
    CROSS JOIN facts ON facts.section = sections.id
    CROSS JOIN pairs INDEXED BY pairs_by_fact ON pairs.fact = facts.id
    WHERE pairs.kept
    GROUP BY documents.root, documents.path, sections.ordinal, facts.ordinal
    HAVING seen IS NOT NULL
    ORDER BY documents.root, documents.path, sections.ordinal, facts.ordinal
"""
