"""Which shard a document's pairs go to: linear hashing, a function of the documents alone.

The number of shards grows one at a time with the number of documents, and each new shard takes its documents
from exactly one older one (W. Litwin, "Linear hashing: a new tool for file and table addressing", 1980). So an
edit touches one shard, a new note at most two more, and the history of edits leaves no trace.
"""

from __future__ import annotations

import hashlib


def document_id(root: str, path: str) -> str:
    """Return a document's identity: 16 hex digits over its root's name and its path below the root."""
    return hashlib.sha256(f"{root}\0{path}".encode()).hexdigest()[:16]


def bucket_of(document: str) -> int:
    """Return 31 evenly spread bits of a document's identity."""
    return int(document[:8], 16) & 0x7FFF_FFFF


def shard_count(documents: int, documents_per_shard: int) -> int:
    """Return how many shards so many documents make: at least one."""
    return max(1, -(-documents // documents_per_shard))


def shard_of(bucket: int, count: int) -> int:
    """Return the number, from 0, of the shard that holds a bucket when there are `count` shards."""
    high = 1 << (count - 1).bit_length()
    number = bucket & (high - 1)
    return number if number < count else number & (high // 2 - 1)


def resized(before: int, after: int) -> frozenset[int]:
    """Return the shards, among the `after` there are now, whose documents changed with their number."""
    fewer, more = sorted((before, after))
    touched = {number for new in range(fewer, more) for number in (new, _parent(new))}
    return frozenset(_ancestor_below(number, after) for number in touched)


def _parent(number: int) -> int:
    """Return the shard that a new shard takes its documents from: its number without the highest bit."""
    return number - (1 << (number.bit_length() - 1)) if number else 0


def _ancestor_below(number: int, count: int) -> int:
    while number >= count:
        number = _parent(number)
    return number
