"""A page of what gave no training pair: what the store leaves out, and what curation refused, note by note."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from curatord.store import dropped

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from curatord.control.service import Service
    from curatord.store.records import DroppedRecord

Row = dict[str, Any]


def list_dropped(
    reader: sqlite3.Connection,
    service: Service,
    *,
    document: str | None,
    reason: str | None,
    limit: int,
    offset: int,
) -> tuple[int, list[Row]]:
    """Return how much was dropped, by the counts in the store, and a page of it in the order of the notes.

    Only the notes on the page are read again, as they are now: one that has just changed may give another number.
    """
    shares = dropped.shares(reader, document=document, reason=reason)
    total = sum(share.refused + share.left_out for share in shares)
    wanted, skip = _on_page(shares, limit, offset)
    refused = service.refused([(share.root, share.path) for share in wanted if share.refused])
    rows: list[Row] = []
    for share in wanted:
        where = {"root": share.root, "path": share.path}
        rows += [where | row for row in dropped.left_out(reader, share, reason=reason)]
        rows += [where | asdict(one) for one in _of_reason(refused.get((share.root, share.path), ()), reason)]
    return total, rows[skip : skip + limit]


def _on_page(shares: Iterable[dropped.Share], limit: int, offset: int) -> tuple[list[dropped.Share], int]:
    """Return the notes that a page shows something of, and how much of the first it leaves out."""
    found: list[dropped.Share] = []
    before = skip = 0
    for share in shares:
        after = before + share.refused + share.left_out
        if before < offset + limit and after > offset:
            skip = skip if found else offset - before
            found.append(share)
        before = after
    return found, max(skip, 0)


def _of_reason(records: Iterable[DroppedRecord], reason: str | None) -> list[DroppedRecord]:
    return [record for record in records if reason in (None, record.reason)]
