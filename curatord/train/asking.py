"""Questions as people ask them, made from what a fact says: short, in other words, without its place in the notes.

The pairs of the store ask exactly: they name document, section and column, so that each stands alone. People name the
thing and say the rest in words of their own. For training every fact is therefore asked in many such ways besides:
a measure by its question word ("how long is ..."), a clause with a part of it asked for ("how many seconds does a
rollback take"), or a few of its words, any of them exchanged for a synonym. A model that has seen a fact in few forms
cannot find it by others (Allen-Zhu and Li, arXiv:2309.14316); many rough questions teach it more than a few polished
ones. English only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.clause import parse
from curatord.curate.lexicon import lexicon
from curatord.curate.text import capitalised, opened
from curatord.train.asked_for import Part, asking, asking_for_value, parts_of
from curatord.train.stated import stated, without_place
from curatord.train.synonyms import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from curatord.curate.clause import Clause
    from curatord.train.stated import Stated

NEAR = 9  # words on either side of what is asked for
MOST_TAIL, MOST_CUES, FEWEST_CUES = 6, 7, 2
_SYNONYM, _NAMED, _KEEP, _KEEP_SMALL, _CUE, _SPOKEN = 0.25, 0.45, 0.75, 0.75, 0.5, 0.5  # probabilities

_IDENTIFIER = re.compile(r"`([\w.-]+)`")
_PIECE = re.compile(r"[A-Za-z]+\d+|[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])|\d+")  # of `co2_ceiling_ppm`, `maxAge`
_WORD_EDGES = ".,;:!?\"'()[]\u00ab\u00bb\u201c\u201d`*_"
_ATTRIBUTE = (
    "what is the {a} of {t}",
    "what's the {a} of {t}",
    "which {a} does {t} have",
    "what {a} does {t} have",
    "{t} {a}",
    "{a} of {t}",
    "what is {t}'s {a}",
    "for {t}, what is the {a}",
    "tell me the {a} of {t}",
    "do you know the {a} of {t}",
    "what about the {a} of {t}",
    "which {a} goes with {t}",
    "can you tell me the {a} for {t}",
)
_THING = (
    "what is {t}",
    "what about {t}",
    "what do you know about {t}",
    "tell me about {t}",
    "what is known about {t}",
    "what is {t} set to",
    "what applies to {t}",
    "which {t} do we have",
    "what {t} is there",
)
_PLACED = ("{text} in {name}", "{text} at {name}", "{text} for {name}", "{name}: {text}", "in {name}, {text}")
_GENERIC = frozenset(
    """
incident runbook session notes note overview guide how to work working with about cheatsheet decision plan report the a
an and of for in on at vs versus or as by from retro postmortem learning log index readme what why when which who list
more general details other others everything every things
""".split()  # noqa: SIM905  a list of words reads better as text
)
_SMALL = frozenset(
    """
a an the of in on at to for by with under what which who when where how why is are was were does do did it its as and or
that this these those be been there from has have had give given list tell me you can recall i my we us our should would
say says said one not no than then so if but into out up they them their he she his her
""".split()  # noqa: SIM905  as above
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a fact says: its statement, the title of its note, and the keys that a question must not give away."""

    statement: str
    title: str
    keys: Sequence[str]


def ways(told: Told, asked: Sequence[str], chance: Random) -> Iterator[str]:
    """Yield ways to ask for a fact without end, some of them twice; `asked` are the questions the store has for it."""
    fact = _Fact(told, asked)
    while True:
        yield _finished(fact.way(chance) or fact.cue(chance), fact.names, chance)


class _Fact:
    """All that is the same for every way to ask for one fact."""

    def __init__(self, told: Told, asked: Sequence[str]) -> None:
        self._asked = asked
        self._is_block = "\n" in told.statement.strip()
        self._text = opened(without_place(told.statement))
        self._stated = None if self._is_block else stated(self._text)
        self._clause = None if self._is_block else parse(self._text, lexicon("en"))
        content = _content(self._text)
        self._cues = [word for word in content if not _gives_away(word, told.keys)] or content
        self._context = _content(told.title)
        self.names = _names(told.title)

    def way(self, chance: Random) -> str:
        """Return one way to ask; empty where it came to nothing."""
        draw = chance.random()
        if self._asked and draw < (0.6 if self._is_block else 0.08):
            return _bare(chance.choice(self._asked))
        if self._stated and draw < (0.8 if self._stated.attribute else 0.55):
            return _for_value(self._stated, chance)
        if self._clause and draw < 0.65:
            return _of_clause(self._clause, chance)
        if not self._is_block and draw < 0.8:
            return _with_a_part_open(_uncapitalised(self._text), chance)
        return self.cue(chance)

    def cue(self, chance: Random) -> str:
        """Return some of the fact's words."""
        kept = [word for word in self._cues if chance.random() < _CUE][:MOST_CUES]
        if len(kept) < FEWEST_CUES:
            kept = self._cues[:FEWEST_CUES]
        kept += [word for word in self._context if word not in kept and chance.random() < _NAMED][:2]
        if chance.random() < _CUE:
            chance.shuffle(kept)
        return " ".join(kept)


def _for_value(told: Stated, chance: Random) -> str:
    """Return a question for the value that a statement gives to a thing."""
    attribute, thing = told.attribute, told.thing
    measures = words().asking_for(attribute)
    if measures and chance.random() < 0.5:
        return chance.choice(measures).format(thing)
    asking_words = asking_for_value(told.value, chance)
    if asking_words and chance.random() < 0.35:
        rest = (chance.choice(("is", "for", "")), thing, attribute if chance.random() < 0.6 else "")
        return " ".join(part for part in (asking_words, *rest) if part)
    thing = thing.split(" under ", 1)[0] if thing.startswith("`") else thing
    if attribute:
        return chance.choice(_ATTRIBUTE).format(a=attribute.removeprefix("the "), t=thing)
    return chance.choice(_THING).format(t=thing)


def _of_clause(clause: Clause, chance: Random) -> str:
    """Return a question made from a simple clause: for its subject, or for a part of what is said of it."""
    if chance.random() < 0.25:
        return f"{chance.choice(('what', 'who', 'which one'))} {clause.verb} {clause.rest}"
    head = " ".join(part for part in (clause.auxiliary, _uncapitalised(clause.subject), clause.base) if part)
    parts = parts_of(clause.rest)
    if parts:
        part = chance.choice(parts)
        rest = [*clause.rest[: part.begin].split(), *clause.rest[part.end :].split()[:MOST_TAIL]]
        return f"{asking(clause.rest, part, chance)} {head} {_thinned(rest, chance)}"
    said = clause.rest.split()
    kept = said[: chance.randrange(0, max(1, len(said) // 2))]
    return f"{chance.choice(('what', 'what', 'how'))} {head} {_thinned(kept, chance)}"


def _with_a_part_open(text: str, chance: Random) -> str:
    """Return a statement with one part of it asked for: "how many holders must be present for a rotation"."""
    parts = parts_of(text)
    part = chance.choice(parts) if parts and chance.random() < 0.85 else _any_part(text, chance)
    around = [*text[: part.begin].split()[-NEAR:], *text[part.end :].split()[:NEAR]]
    rest = _thinned(around, chance)
    return f"{asking(text, part, chance)} {rest}" if rest else ""


def _any_part(text: str, chance: Random) -> Part:
    """Return up to three words in a row, or where there are none the whole text."""
    tokens = list(re.finditer(r"\S+", text))
    if not tokens:
        return Part(0, len(text), "")
    at = chance.randrange(len(tokens))
    last = min(len(tokens) - 1, at + chance.randrange(3))
    return Part(tokens[at].start(), tokens[last].end(), "")


def _thinned(tokens: Sequence[str], chance: Random) -> str:
    """Return most of the words; where there are few that tell something, these stay."""
    small = [token.strip(_WORD_EDGES).casefold() in _SMALL for token in tokens]
    keep = _KEEP if len(tokens) - sum(small) > 3 else 0.95
    kept = (
        token
        for token, is_small in zip(tokens, small, strict=True)
        if chance.random() < (_KEEP_SMALL if is_small else keep)
    )
    return " ".join(kept)


_PLACE_ASKED = re.compile(
    r",? (?:under|in|for|of) (?:the \w+ )?(?:[\w ]+ in )?\"[^\"]+\""
    r"|^(?:Under|In|As for|Thinking of|For) [^,:]{3,80}[,:] "
    r"|,? under [\w' ]+ in [\w' ]+(?=\?|$)"
)


def _bare(question: str) -> str:
    """Return a question of the store without the place that it names."""
    bare = _PLACE_ASKED.sub("", question).rstrip("?. ")
    return bare if len(bare.split()) > 2 else question.rstrip("?. ")


def _finished(question: str, names: Sequence[str], chance: Random) -> str:
    """Return a question with some words exchanged, often with the name of what its note is about."""
    tokens = question.split()
    text = " ".join((*tokens[:2], *(_exchanged(token, chance) for token in tokens[2:])))
    if chance.random() < _SPOKEN:
        text = _IDENTIFIER.sub(lambda code: " ".join(_PIECE.findall(code[1])), text)
    text = text.replace('"', "").replace("`", "" if chance.random() < 0.5 else "`").strip(" ,;:.-\u2013")
    missing = [name for name in names if name.casefold() not in text.casefold()]
    if missing and chance.random() < _NAMED:
        name = chance.choice(missing)
        text = chance.choice(_PLACED).format(text=text, name=name)
    return f"{capitalised(text)}?"


def _exchanged(token: str, chance: Random) -> str:
    word = token.strip(_WORD_EDGES)
    others = words().synonyms.get(word, ()) if chance.random() < _SYNONYM else ()
    return token.replace(word, chance.choice(others)) if others else token


def _names(title: str) -> list[str]:
    """Return what a title names: its words in capitals, in a row, and its first word; not "Incident", "notes"."""
    tokens = [token.strip(_WORD_EDGES) for token in title.split()]
    runs, run = [], []
    for at, token in enumerate([*tokens, ""]):
        if token and token.casefold() not in _GENERIC and (token[0].isupper() or at == 0):
            run.append(token)
        elif run:
            runs.append(" ".join(run))
            run = []
    return list(dict.fromkeys(runs))


def _uncapitalised(text: str) -> str:
    """Return a text as it stands inside a sentence where its first word is an everyday one."""
    first, _, rest = text.partition(" ")
    if rest[:1].isupper():
        return text  # "Old Kiln goes first"
    first = first.casefold()
    language = lexicon("en")
    everyday = first in language.small | language.no_subject | language.openers or first in words().synonyms
    return text[0].lower() + text[1:] if everyday else text


def _content(text: str) -> list[str]:
    found = (word.strip(_WORD_EDGES) for word in text.split())
    return list(dict.fromkeys(word for word in found if word and word.casefold() not in _SMALL))


def _gives_away(word: str, keys: Sequence[str]) -> bool:
    form = word.casefold()
    return any(form in key.casefold() or key.casefold() in form for key in keys)
