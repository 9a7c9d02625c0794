"""What a document's head says of it: date, status, tags, owners, and other named values, nested ones included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from curatord.curate.draft import Draft
from curatord.curate.phrasing import say
from curatord.curate.subject import subject_of
from curatord.curate.text import hard_tokens
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.context import Context

MAX_VALUE_WORDS = 40
MAX_DEPTH = 3
MAX_LIST = 8

# what names or files the note and says nothing of its matter
_SILENT = re.compile(
    r"(?:id|uid|uuid|title|slug|aliases?|layout|permalink|lang|language|locale|weight|sort_rank"
    r"|nav_\w+|draft|curate|links?|url|path|file|type|kind|scope|updated|modified|hide\w*|toc"
    r"|template|cssclass\w*|image|icon|order|sidebar\w*|keywords|description|promotedto)",
    re.IGNORECASE,
)
_NO_NOUN = re.compile(r"^\w+ed\b|\b(?:by|at|on|to|for|from|in|last|next)$")
_DATED = re.compile(r"(?:date|created|created_at|dated?)", re.IGNORECASE)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ].*)?")


def drafts_of(context: Context, metadata: Mapping[str, object]) -> Iterator[Draft]:
    """Yield a fact for each value of the head that says something."""
    for names, value in _leaves(metadata, ()):
        draft = _draft(context, names, value)
        if draft:
            yield draft


def _leaves(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in table.items():
        names = (*above, str(key))
        if _SILENT.fullmatch(str(key)):
            continue
        if isinstance(value, Mapping):
            if len(names) < MAX_DEPTH:
                yield from _leaves(value, names)
        else:
            text = _text(value)
            if text and len(text.split()) <= MAX_VALUE_WORDS:
                yield names, text


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        parts = [str(part).strip() for part in value if isinstance(part, (str, int, float)) and str(part).strip()]
        return ", ".join(parts) if len(parts) == len(value) <= MAX_LIST else ""
    if value is None or isinstance(value, bool):
        return ""
    return re.sub(r"\s+", " ", str(value)).strip().rstrip(".")


def _draft(context: Context, names: tuple[str, ...], value: str) -> Draft | None:
    subject = subject_of(context, (), frozenset())
    name = re.sub(r"[_-]+", " ", " ".join(names)).strip().lower()
    dated = _ISO.fullmatch(value)
    shape = "metadata"
    if len(names) == 1 and names[0].lower() == "tags":
        shape = "tags"
    elif len(names) == 1 and _DATED.fullmatch(names[0]) and dated:
        shape, value = "dated", dated[1]
    article = "" if context.language == "fr" else "the "
    if _NO_NOUN.search(name):
        article, name = "", f'"{name}"'
    slots = {
        "topic": subject.topic,
        "in_topic": subject.in_topic,
        "about": subject.topic,
        "name": f"{article}{name}",
        "bare": name,
        "value": value,
        "be": "are" if re.search(r"(?:[^su]s|ies|es)$", name) and " " not in name and "," in value else "is",
    }
    statement = say(context.language, shape, slots, name + value)
    keys = hard_tokens(value) or (value,)
    return Draft(shape, statement, slots, Lines(0, 0), keys, (), value, 0.6) if statement else None
