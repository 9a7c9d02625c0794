"""The words of a language that curation must know, read once from the package's data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Closed word classes and verb forms of one language.

    `finite` maps a finite verb form to the auxiliary that asks for it and its base form: "leaks" to
    ("does", "leak"). It is empty-handed on auxiliaries, which ask for themselves.
    """

    language: str
    auxiliaries: frozenset[str]
    finite: Mapping[str, tuple[str, str]]
    no_subject: frozenset[str]
    openers: frozenset[str]
    breakers: frozenset[str]
    small: frozenset[str]
    determiners: frozenset[str]
    pronouns: frozenset[str]
    prepositions: frozenset[str]
    adverbs: frozenset[str]
    clitics: frozenset[str]
    vague_nouns: frozenset[str]
    labels: frozenset[str]


@cache
def lexicon(language: str) -> Lexicon:
    """Read the words of a language that has phrasings; raise FileNotFoundError for any other."""
    source = files("curatord.curate") / "phrasing" / f"{language}.words.toml"
    table = {key: value.split() for key, value in tomllib.loads(source.read_text("utf-8")).items()}
    finite = _english(table) if language == "en" else {verb: ("", verb) for verb in table["verbs"]}
    sets = {key: frozenset(value) for key, value in table.items() if key not in ("verbs", "irregular")}
    return Lexicon(language=language, finite=finite, **sets)


def third_person(base: str) -> str:
    """Return the form of an English verb that goes with "it"."""
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{base}es"
    if base.endswith("y") and base[-2] not in VOWELS:
        return f"{base[:-1]}ies"
    return f"{base}s"


def past(base: str) -> str:
    """Return the past of a regular English verb."""
    if base.endswith("e"):
        return f"{base}d"
    if base.endswith("y") and base[-2] not in VOWELS:
        return f"{base[:-1]}ied"
    short = len(base) <= 4 and base[-1] not in "wxy" and base[-1] not in VOWELS and base[-2] in VOWELS
    doubled = (short and base[-3:-2] not in VOWELS) or base in ("commit", "submit", "permit", "refer", "omit", "emit")
    return f"{base}{base[-1]}ed" if doubled else f"{base}ed"


def _english(table: Mapping[str, list[str]]) -> dict[str, tuple[str, str]]:
    irregular = dict(zip(table["irregular"][::2], table["irregular"][1::2], strict=True))
    finite: dict[str, tuple[str, str]] = {}
    for base in (*table["verbs"], *irregular):
        finite[base] = ("do", base)
        finite[irregular.get(base, past(base))] = ("did", base)
        finite[third_person(base)] = ("does", base)
    return {form: value for form, value in finite.items() if form not in table["auxiliaries"]}
