"""Which of train, valid and test a document's rows belong to: by its hash, and never to two of them."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VALID_FROM = 0.90
_TEST_FROM = 0.95
# Neither of valid and test may take more than one row in eight, so train keeps three quarters at the least.
_CEILING = 8


class Part(StrEnum):
    """The three files of a data set."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


def split_documents(rows: Mapping[str, int], *, minimum: int, test: bool = True) -> dict[str, Part]:
    """Assign each document, given with its number of rows, to one part: 90 % train, 5 % valid, 5 % test.

    A document's hash names its part, so it stays there as others come and go. Where the hash leaves valid or
    test with fewer than `minimum` rows, train documents move over, the nearest hashes first; a part that
    cannot reach `minimum` within an eighth of all rows stays empty. Without `test` there are train and valid.
    """
    homes = {document: _home(document, test=test) for document in rows}
    order = sorted(rows, key=lambda document: (_place(document), document), reverse=True)
    parts = dict.fromkeys(rows, Part.TRAIN)
    for part in (Part.VALID, Part.TEST) if test else (Part.VALID,):
        own = [document for document in order if homes[document] is part]
        spare = [document for document in order if homes[document] is parts[document] is Part.TRAIN]
        parts.update(dict.fromkeys(_chosen(own, spare, rows, minimum), part))
    return parts


def _chosen(own: Sequence[str], spare: Sequence[str], rows: Mapping[str, int], minimum: int) -> list[str]:
    """Return the part's own documents that fit under the ceiling, and as many spare ones as it needs."""
    ceiling = sum(rows.values()) // _CEILING
    chosen: list[str] = []
    held = 0
    for document in own:
        if held + rows[document] <= ceiling:
            chosen.append(document)
            held += rows[document]
    for document in spare:
        if held < minimum and held + rows[document] <= ceiling:
            chosen.append(document)
            held += rows[document]
    return chosen if held >= minimum else []


def _home(document: str, *, test: bool) -> Part:
    place = _place(document)
    if place >= _TEST_FROM:
        return Part.TEST if test else Part.TRAIN
    return Part.VALID if place >= _VALID_FROM else Part.TRAIN


def _place(document: str) -> float:
    """Return where the document's hash lies in [0, 1)."""
    digest = blake2b(document.encode(), digest_size=6).digest()  # 48 bits: exact in a float, and never 1.0
    return int.from_bytes(digest) / 2**48
