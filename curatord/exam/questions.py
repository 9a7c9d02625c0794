"""Which of the questions that were kept out of training are asked: spread over notes and categories, chosen by seed."""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from curatord.train.snapshot import ExamRow


def topic(row: ExamRow) -> str:
    """Return what a question is about: its note, by root and path."""
    return f"{row.root}/{row.path}"


def sample(rows: Iterable[ExamRow], count: int, seed: str) -> list[ExamRow]:
    """Return at most `count` questions, as evenly from all pairs of topic and category as there are questions.

    A function of its arguments: equal seeds ask the same of every adapter, so that their replies can be paired.
    """
    groups: defaultdict[tuple[str, str], list[ExamRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _chance(seed, row.pair)):
        groups[topic(row), row.category].append(row)
    # one of each group in turn; chance decides which groups come first where not all can
    ordered = sorted(groups.values(), key=lambda group: _chance(seed, group[0].pair))
    turns = chain.from_iterable(zip_longest(*ordered))
    return list(islice((row for row in turns if row is not None), count))


def _chance(seed: str, pair: str) -> bytes:
    return blake2b(f"{seed}\0{pair}".encode(), digest_size=16).digest()
