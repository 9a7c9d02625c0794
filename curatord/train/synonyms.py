"""Words that may stand for one another in a question, with their forms; the words themselves are data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from curatord.curate.lexicon import lexicon, past, third_person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_HISSING = ("s", "x", "z", "ch", "sh")


@dataclass(frozen=True, slots=True)
class Words:
    """Synonyms by word in lower case, and by the name of a measure the questions that ask for it.

    A question has `{}` where the thing stands whose measure it is: "how long is {}".
    """

    synonyms: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, tuple[str, ...]]

    def asking_for(self, attribute: str) -> tuple[str, ...]:
        """Return the questions for an attribute, or for what its last word names: "maximum payload" is a payload."""
        name = attribute.casefold().removeprefix("the ")
        return self.measures.get(name) or self.measures.get(name.rpartition(" ")[2], ())


@cache
def words() -> Words:
    """Read the words that training may exchange: verbs in three forms, nouns in two."""
    table = tomllib.loads((files("curatord.train") / "synonyms.toml").read_text("utf-8"))
    found: dict[str, list[str]] = {}
    for kind in ("verbs", "nouns", "others"):
        for group in table[kind]:
            for first, *others in _forms(kind, [word.replace("-", " ") for word in group.split()]):
                found.setdefault(first, []).extend(others)
    return Words(
        {word: tuple(dict.fromkeys(others)) for word, others in found.items() if others},
        {name: tuple(questions) for name, questions in table["measures"].items()},
    )


def _forms(kind: str, group: Sequence[str]) -> Iterator[list[str]]:
    """Yield a group in each form its words have: "start begin", "starts begins", "started began"."""
    yield list(group)
    if kind == "nouns":
        yield [_plural(noun) for noun in group]
    elif kind == "verbs":
        for form in (third_person, _past, _gerund):
            yield [_headed(verb, form) for verb in group]


def _headed(verb: str, form: Callable[[str], str]) -> str:
    """Apply a form to the first word of a verb: "goes up"."""
    head, *rest = verb.split()
    return " ".join((form(head), *rest))


def _past(verb: str) -> str:
    return _pasts().get(verb) or past(verb)


@cache
def _pasts() -> Mapping[str, str]:
    """Return the past of each verb that curation knows, irregular ones too: {"begin": "began"}."""
    return {base: form for form, (auxiliary, base) in lexicon("en").finite.items() if auxiliary == "did"}


def _gerund(verb: str) -> str:
    return f"{verb[:-1] if verb.endswith('e') and not verb.endswith('ee') else verb}ing"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_HISSING) else f"{noun}s"
