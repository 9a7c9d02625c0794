"""What a section must know of its document: just enough to make its facts stand alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curatord.memory.document import Document, Kind

DATE_KEYS = ("date", "created", "created_at", "updated")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Context:
    """The part of a document that every one of its sections is curated with.

    `date` is an ISO 8601 date or None. `path` serves as a subject where there is no title.
    """

    title: str
    language: str
    kind: Kind
    date: str | None
    path: str
    tags: tuple[str, ...]


def context_of(document: Document) -> Context:
    """Take from a document what its sections depend on, and nothing else."""
    return Context(
        title=document.title,
        language=document.language,
        kind=document.kind,
        date=_date(document.metadata),
        path=document.path,
        tags=_tags(document.metadata),
    )


def _date(metadata: Mapping[str, object]) -> str | None:
    for key in DATE_KEYS:
        found = ISO_DATE.match(str(metadata.get(key, "")))
        if found and _is_possible(found[0]):
            return found[0]
    return None


def _is_possible(text: str) -> bool:
    """Tell whether there is such a day: 2025-13-45 is a slip of the pen, and must not win over another date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _tags(metadata: Mapping[str, object]) -> tuple[str, ...]:
    tags = metadata.get("tags", ())
    if isinstance(tags, str):
        tags = tags.split(",")
    if not isinstance(tags, (list, tuple)):
        return ()
    return tuple(tag.strip() for tag in tags if isinstance(tag, str) and tag.strip())
