"""What a document's head says of it: date, status, tags, owners, and other named values, nested ones included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from curatord.curate.draft import Draft
from curatord.curate.lexicon import lexicon
from curatord.curate.phrasing import say
from curatord.curate.subject import subject_of
from curatord.curate.text import hard_tokens
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.context import Context

MAX_VALUE_WORDS = 40
MAX_PLAIN = 3  # words of a value that needs no article
MAX_DEPTH = 3
MAX_LIST = 8

# what names or files the note and says nothing of its matter
_SILENT = re.compile(
    r"(?:id|uid|uuid|title|slug|aliases?|layout|permalink|lang|language|locale|weight|sort_rank"
    r"|nav_\w+|draft|curate|links?|url|path|file|type|kind|scope|updated|modified|hide\w*|toc"
    r"|template|cssclass\w*|image|icon|order|sidebar\w*|keywords|description|promotedto)",
    re.IGNORECASE,
)
# keys as French says them
_FRENCH = {
    "category": "la cat\u00e9gorie",
    "cat\u00e9gorie": "la cat\u00e9gorie",
    "status": "le statut",
    "statut": "le statut",
    "\u00e9tat": "l'\u00e9tat",
    "author": "l'auteur",
    "auteur": "l'auteur",
    "owner": "le responsable",
    "responsable": "le responsable",
    "version": "la version",
    "priority": "la priorit\u00e9",
    "priorit\u00e9": "la priorit\u00e9",
    "severity": "la gravit\u00e9",
    "gravit\u00e9": "la gravit\u00e9",
    "source": "la source",
    "project": "le projet",
    "projet": "le projet",
    "team": "l'\u00e9quipe",
    "\u00e9quipe": "l'\u00e9quipe",
    "lieu": "le lieu",
    "location": "le lieu",
    "dur\u00e9e": "la dur\u00e9e",
    "duration": "la dur\u00e9e",
    "domaine": "le domaine",
    "theme": "le th\u00e8me",
    "th\u00e8me": "le th\u00e8me",
    "humeur": "l'humeur",
    "m\u00e9t\u00e9o": "la m\u00e9t\u00e9o",
    "ville": "la ville",
    "service": "le service",
    "impact": "l'impact",
    "d\u00e9cision": "la d\u00e9cision",
    "decision": "la d\u00e9cision",
}  # fmt: skip - one line a key would take a screen
_FEMININE = frozenset(("team", "\u00e9quipe", "humeur"))
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
    told, asking = _named(name, context.language)
    several = bool(re.search(r"(?:[^suia]s|ies|es)$", name)) and " " not in name and "," in value
    slots = {
        "topic": subject.topic,
        "title": subject.title,
        "in_topic": subject.in_topic,
        "about": subject.topic,
        "name": told,
        "bare": told.removeprefix("the "),
        "asking": asking,
        "value": value,
        "be": "are" if several else "is",
        "reads": "read" if several else "reads",
        "link": _link(several=several, value=value, asking=asking, context=context),
    }
    statement = say(context.language, shape, slots, name + value)
    keys = hard_tokens(value) or (value,)
    return Draft(shape, statement, slots, Lines(0, 0), keys, (), value, 0.6) if statement else None


def _named(name: str, language: str) -> tuple[str, str]:
    """Return a key as a sentence uses it and, in French, the words that ask for it: they agree with its gender."""
    if language == "fr":
        known = _FRENCH.get(name, "")
        if not known:
            return f"le champ \u00ab {name} \u00bb", "que contient"
        return known, "quelle est" if known.startswith("la ") or name in _FEMININE else "quel est"
    if _NO_NOUN.search(name) or lexicon(language).finite.get(name.rpartition(" ")[2], ("",))[0] == "does":
        return f'"{name}"', ""
    return f"the {name}", ""


def _link(*, several: bool, value: str, asking: str, context: Context) -> str:
    """Return the verb that makes a sentence of a key and its value; empty where it surely would not."""
    if context.language == "fr":
        return "contient" if asking == "que contient" else "est"
    words = lexicon(context.language)
    first = value.split(" ", 1)[0]
    plain = len(value.split()) <= MAX_PLAIN or first.lower() in words.determiners or not first.islower()
    acts = words.finite.get(first.lower(), ("did",))[0] != "did"
    return "" if not plain or acts else "are" if several else "is"
