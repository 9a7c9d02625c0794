"""Small curated documents made by hand, for tests of what the store does with them."""

from __future__ import annotations

import hashlib

from curatord.curate.pair import Category, Curated, Dropped, Fact, Pair, Refusal, Rejected, Score, Split, Strategy
from curatord.memory.document import Kind, Lines
from curatord.store.records import DocumentRecord, SectionRecord
from curatord.store.rows import rows_of


def sha(*parts: str) -> str:
    """Return a short content hash."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def pair(question: str, answer: str, *, split: Split = Split.TRAIN, rejected: str | None = None) -> Pair:
    """Return a pair that rests on the fact `answer`."""
    return Pair(
        id=sha(question, answer),
        question_key=question.lower(),
        fact=sha(answer),
        phrasing="direct",
        category=Category.FACTUAL,
        split=split,
        question=question,
        answer=answer,
        score=Score(0.9, (("faithful", 1.0),)),
        rejected=Rejected(Strategy.WRONG, rejected) if rejected else None,
    )


def section(
    *pairs: Pair, heading: str = "Heading", first_line: int = 1, dropped: tuple[Refusal, ...] = ()
) -> SectionRecord:
    """Return a section that gives these pairs, its key a hash of them.

    Facts that the same question asks for first give one thing a value, and say the same where their answers are equal.
    """
    answers: dict[str, str] = {}
    for item in pairs:
        answers.setdefault(item.answer, item.question)
    facts = tuple(
        Fact(
            sha(answer),
            "test",
            "subject",
            answer,
            (answer,),
            Lines(0, 0),
            sense=f"{question} {answer}",
            attribute=question,
        )
        for answer, question in answers.items()
    )
    refused = tuple(Dropped(reason, "Why?", "So.", Lines(0, 0)) for reason in dropped)
    key = sha(heading, *(item.id for item in pairs))
    return SectionRecord(key, (heading,), Lines(first_line, first_line + 5), rows_of(Curated(facts, pairs, refused)))


def known(record: SectionRecord, *, first_line: int = 1) -> SectionRecord:
    """Return the section as ingest hands it over when the store already holds it."""
    return SectionRecord(record.key, record.heading_path, Lines(first_line, first_line + 5), None)


def document(path: str, *sections: SectionRecord, date: str | None = None, root: str = "knowledge") -> DocumentRecord:
    """Return a document of these sections."""
    return DocumentRecord(root, path, Kind.KNOWLEDGE, path, "en", date, 10, sections)
