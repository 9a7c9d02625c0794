"""List items that give a name and then what belongs to it: "timeout: 30 s", "**Facade** - hides HTTP"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curatord.curate.phrasing import say
from curatord.curate.subject import stands_alone
from curatord.curate.text import balanced, capitalised, closed, hard_tokens, opened, sentences
from curatord.memory.document import ListBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.draft import Draft
    from curatord.curate.view import View
    from curatord.memory.document import ListItem

MAX_NAME_WORDS = 6
MAX_VALUE_WORDS = 9
MAX_ENTRY_WORDS = 60

_PAIR = re.compile(
    r"^(?P<name>`[^`]+`(?: / `[^`]+`)*|[^:`\u2014]{2,60}?)\s*(?:[:\uff1a]|\u2014|\u2013| - | -> "
    r"| => | \u2192 )\s*(?P<value>\S.*)$",
    re.DOTALL,
)
_NO_NAME = re.compile(
    r"^(?:https?|note|nb|e\.g|i\.e|todo|warning|example|see|source|related|\d+)$|[.?!]\s", re.IGNORECASE
)
PLURAL = re.compile(r"(?:[^su]s|ies|es)$")


def extract(view: View) -> Iterator[Draft]:
    """Yield the named values of every list; values of the same list are each other's siblings."""
    for block in view.section.walk():
        if isinstance(block, ListBlock) and not block.ordered:
            found = [(item, pair) for item in block.items if (pair := name_and_value(item))]
            values = tuple(dict.fromkeys(value for _, (_, value) in found if len(value.split()) <= MAX_VALUE_WORDS))
            names = [name for _, (name, _) in found]
            for at, (item, (name, value)) in enumerate(found):
                sibling = names[(at + 1) % len(names)] if len(names) > 1 else ""
                draft = _draft(item, name, value, sibling, values, view)
                if draft:
                    yield draft


def name_and_value(item: ListItem) -> tuple[str, str] | None:
    """Return what an item names and what it says of it; None where it is no such item."""
    match = _PAIR.match(item.inline.text)
    if not match or item.checked is not None or re.match(r"\d", match["name"]):
        return None
    name, value = match["name"].strip(" *"), match["value"].strip()
    clean = not _NO_NAME.search(name) and balanced(name) and balanced(value)
    return (name, value) if clean and len(name.split()) <= MAX_NAME_WORDS else None


def noun(name: str, view: View) -> str:
    """Return a name as a sentence uses it: with an article where it is a common noun in the singular."""
    small = view.small(name)
    if view.context.language != "en" or small[:1] in "`\"'" or not small[:1].islower() or PLURAL.search(small):
        return small
    first, last = small.split()[0], small.split()[-1]
    words = view.lexicon
    closed_class = words.determiners | words.pronouns | words.breakers | words.prepositions
    if {first, last} & closed_class or words.finite.get(first, ("",))[0] == "did":
        return f'"{small}"'
    return f"the {small}"


def _draft(item: ListItem, name: str, value: str, sibling: str, values: tuple[str, ...], view: View) -> Draft | None:
    short = len(value.split()) <= MAX_VALUE_WORDS and len(sentences(value)) == 1 and not _says(value, view)
    told = noun(name, view)
    plural = not told.startswith(("the ", "`", '"')) and bool(PLURAL.search(name)) and " " not in name
    slots = {
        "name": told,
        "bare": view.small(name) if told[:1] != '"' else told,
        "value": opened(value) if short else closed(value),
        "be": "are" if plural else "is",
        "sibling": view.small(sibling),
    }
    shape = "setting" if short else "entry"
    if (
        len(value.split()) > MAX_ENTRY_WORDS
        or not stands_alone(f"X {value}", frozenset())
        or slots["sibling"].count('"') % 2
    ):
        return None
    if not short:
        slots["value"] = capitalised(slots["value"])
    statement = say(view.context.language, shape, view.slots | slots, name + value)
    return view.draft(
        shape,
        statement,
        item.lines,
        slots=slots,
        keys=hard_tokens(value) or (opened(value),) if short else hard_tokens(value),
        siblings=tuple(opened(other) for other in values if other != value),
        value=slots["value"] if short else "",
        weight=0.9 if short else 0.8,
    )


def _says(value: str, view: View) -> bool:
    """Whether a value is no thing but a predicate: "Only works with ...", "returns the rest"."""
    first = value.split(maxsplit=1)[0].lower()
    return first in ("only", "not", "no", "never", "must", "can", "always") or view.lexicon.finite.get(first, ("",))[
        0
    ] in ("does", "did")
