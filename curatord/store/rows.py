"""Facts and pairs as rows, made by the process that curated them.

A tuple of plain values crosses from a worker to the daemon several times faster than the values it was made from,
and goes into the database as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from curatord.curate.pair import Curated, Fact, Pair

FactRow = tuple[int, str, str, str, str, str, str, int, int, int | None, int | None]
PairRow = tuple[int, str, int, str, str, str, str, str, float, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class SectionRows:
    """What a section gives, in the order of the columns of `facts` and `pairs`; a pair names its fact by position.

    `dropped` is a JSON object: how many questions and facts were refused for each reason.
    """

    facts: tuple[FactRow, ...]
    pairs: tuple[tuple[int, PairRow], ...]
    dropped: str = "{}"


def rows_of(curated: Curated) -> SectionRows:
    """Return facts and pairs as rows; raise KeyError where a pair rests on a fact that is not there."""
    position = {fact.id: number for number, fact in enumerate(curated.facts)}
    return SectionRows(
        tuple(_fact_row(number, fact) for number, fact in enumerate(curated.facts)),
        tuple((position[pair.fact], _pair_row(number, pair)) for number, pair in enumerate(curated.pairs)),
        orjson.dumps(Counter(one.reason.value for one in curated.dropped), option=orjson.OPT_SORT_KEYS).decode(),
    )


def form_hash(form: str) -> int:
    """Return 64 bits of a normal form, signed: equal questions, and facts that say the same, are found by it."""
    return int.from_bytes(
        hashlib.blake2b(form.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )


def _fact_row(number: int, fact: Fact) -> FactRow:
    return (
        number,
        fact.id,
        fact.extractor,
        fact.subject,
        fact.statement,
        orjson.dumps(fact.keys).decode(),
        orjson.dumps(fact.siblings).decode(),
        fact.lines.first,
        fact.lines.last,
        form_hash(fact.sense) if fact.sense else None,
        form_hash(fact.attribute) if fact.attribute else None,
    )


def _pair_row(number: int, pair: Pair) -> PairRow:
    return (
        number,
        pair.id,
        form_hash(pair.question_key),
        pair.split.value,
        pair.category.value,
        pair.phrasing,
        pair.question,
        pair.answer,
        pair.score.total,
        orjson.dumps(dict(pair.score.parts)).decode(),
        pair.rejected.strategy.value if pair.rejected else None,
        pair.rejected.answer if pair.rejected else None,
    )
