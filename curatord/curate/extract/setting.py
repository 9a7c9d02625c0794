"""List items that give a name and then what belongs to it: "timeout: 30 s", "**Facade** - hides HTTP"."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from curatord.curate.extract.headings import warns
from curatord.curate.extract.limitation import limits
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
LINKS_ONLY = re.compile(
    r"^(?:related|links?|references?|see also|sources?|further reading|tags?|liens?|termes? (?:li\u00e9s?"
    r"|connexes?)|voir aussi"
    r"|r\u00e9f\u00e9rences?|cross-references?)\b",
    re.IGNORECASE,
)
NOTHING = frozenset(("", "-", "\u2014", "\u2013", "n/a", "na", "?", "...", "tbd", "unknown", "none"))
JOINING = frozenset(("of", "for", "in", "to", "per", "at"))  # what may join two nouns
PARTICLES = frozenset(("up", "down", "out", "off", "away", "back"))
LOUD = frozenset(("yes", "no", "not", "none", "only", "all", "always", "never"))
_WEAK = re.compile(
    r"\b(?:bugs?|risks?|caveats?|limit(?:ation)?s?|problems?|issues?|warnings?|drawbacks?|cons|failures?|errors?|attacks?"
    r"|inconv\u00e9nients?|risques?|limites?|probl\u00e8mes?)\b",
    re.IGNORECASE,
)
PLURAL = re.compile(r"^[a-z].*(?:\w[^suiac]s|ies|[^s]es)$")


def extract(view: View) -> Iterator[Draft]:
    """Yield the named values of every list; values of the same list are each other's siblings."""
    if LINKS_ONLY.match(view.section.heading):
        return
    for block in view.section.walk():
        if isinstance(block, ListBlock) and not block.ordered:
            found = [(item, pair) for item in block.items if (pair := name_and_value(item))]
            values = tuple(value for _, (_, value) in found if len(value.split()) <= MAX_VALUE_WORDS)
            names = [name for _, (name, _) in found]
            for at, (item, (name, value)) in enumerate(found):
                sibling = names[(at + 1) % len(names)] if len(names) > 1 else ""
                draft = _draft(item, name, value, sibling, values, view)
                if draft:
                    yield draft
                    yield from _warning(draft, name, value, view)


def name_and_value(item: ListItem) -> tuple[str, str] | None:
    """Return what an item names and what it says of it; None where it is no such item."""
    match = _PAIR.match(item.inline.text)
    if not match or item.checked is not None or re.match(r"\d", match["name"]):
        return None
    name, value = match["name"].strip(" *"), match["value"].strip()
    clean = not _NO_NAME.search(name) and balanced(name) and balanced(value)
    return (name, value) if clean and len(name.split()) <= MAX_NAME_WORDS else None


def noun(name: str, view: View) -> str:
    """Return a name as a sentence uses it: with an article where it is a common noun in the singular, else quoted."""
    small = view.label(name)
    if view.context.language != "en":
        return small if small[:1] in '`"\u00ab' else f"\u00ab {name} \u00bb"
    if small[:1] in "`\"'" or not small[:1].islower() or PLURAL.search(small) or _MARKED.search(small.split()[0]):
        return small
    first, *_, last = small.split()[0], *small.split()[1:], small.split()[-1]
    words = view.lexicon
    closed_class = words.determiners | words.pronouns | words.breakers | words.prepositions
    if small not in words.labels and (
        {first, last} & closed_class or words.finite.get(first, ("",))[0] == "did" or _orders(small, view)
    ):
        return f'"{small}"'
    return f"the {small}"


def _orders(name: str, view: View) -> bool:
    """Whether a name is an order: "back up the rake"."""
    first, second = (*name.split(), "")[:2]
    return second in PARTICLES or (first in view.lexicon.finite and second in view.lexicon.openers - JOINING)


_MARKED = re.compile(r"[\W\d_A-Z](?!$)")  # no plain word: a path, an identifier


def is_plural(name: str) -> bool:
    """Whether a name, as a sentence uses it, takes "are"."""
    return not name.startswith('"') and bool(PLURAL.search(name.removeprefix("the ")))


def link(name: str, value: str, view: View) -> str:
    """Return "is" or "are" where a name and its value surely make a sentence with it, else an empty string.

    Notes leave the article of a value out: "is sorted-string table" is no sentence.
    """
    first = value.split(" ", 1)[0]
    if not first:
        return ""
    low = first.lower()
    words = view.lexicon
    counted = low in words.determiners or first[0] in '`"~' or first[0].isdigit()
    named = first[0].isupper() and low not in words.finite and low not in view.labels and low not in LOUD
    single = (" " not in value or low.endswith(("ed", "en"))) and low not in LOUD
    single = single and words.finite.get(low, ("did",))[0] == "did"
    if name[:1] in '"\u00ab' or not (counted or named or single):
        return ""
    if is_plural(name):
        return "are" if re.search(r",| and |^\D*[2-9]", value) else ""
    return "is"


def _warning(draft: Draft, name: str, value: str, view: View) -> Iterator[Draft]:
    """Yield the named value once more, as a limitation, where it forbids or limits or is called a weakness."""
    warned = warns(view.section.heading, value) == "limitation" or _WEAK.search(name)
    if warned or limits(value, view.context.language):
        np = draft.slots["name"]
        told = {slot: words for slot, words in draft.slots.items() if slot != "value"}  # it is the same statement
        slots = {**told, "np": np, **view.placed(np)}
        yield replace(draft, shape="limitation", slots=slots, weight=draft.weight - 0.1)


def _draft(item: ListItem, name: str, value: str, sibling: str, values: tuple[str, ...], view: View) -> Draft | None:
    short = len(value.split()) <= MAX_VALUE_WORDS and len(sentences(value)) == 1 and not _says(value, view)
    told = noun(name, view)
    slots = {
        "name": told,
        "bare": view.label(name) if told[:1] not in '"\u00ab' else told,
        "value": opened(value) if short else closed(value),
        "be": "are" if is_plural(told) else "is",
        "reads": "read" if is_plural(told) else "reads",
        "link": link(told, value, view) if short else "",
        "sibling": view.small(sibling),
    }
    slots["only"] = slots["value"] if values.count(value) == 1 else ""
    shape = "setting" if short else "entry"
    if (
        opened(value).lower() in NOTHING
        or len(value.split()) > MAX_ENTRY_WORDS
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
        siblings=tuple(opened(other) for other in dict.fromkeys(values) if other != value),
        value=slots["value"] if short else "",
        weight=0.9 if short else 0.8,
    )


def _says(value: str, view: View) -> bool:
    """Whether a value is no thing but a predicate: "Only works with ...", "returns the rest"."""
    first = value.split(maxsplit=1)[0].lower()
    return first in ("only", "not", "no", "never", "must", "can", "always") or view.lexicon.finite.get(first, ("",))[
        0
    ] in ("does", "did")
