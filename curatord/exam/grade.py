"""Whether a reply says what the notes say, told by the keys of the fact.

A reply is right when every key stands in it that the question does not give away, and nothing in it contradicts: no
other value that the fact may be confused with, no denial of what the answer affirms, no word turned into its opposite,
no two things exchanged. Where no key is left, the words decide: a reply must hold at least 60 % of the answer's content
words that are not the question's.

The answer itself is always right: a key counts in the form in which the answer holds it, and not at all where the
answer does not hold it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from curatord.curate.mistakes import mistakes
from curatord.exam.normal import normalised
from curatord.exam.terms import NEGATORS, WORDS, clauses_of, denied, stands, stands_in_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECALL = 0.6  # of the answer's content words, where there are no keys
PHRASE_RECALL = 0.75  # of the words of a key that is a phrase
LIKE = 0.5  # of the words of two clauses that say the same, or one of them the contrary
PHRASE = 4  # words from which a key is a phrase, which may be put otherwise
LANGUAGES = ("en", "fr")

_SMALL = frozenset(WORDS["small"].split())
_REFUSALS = frozenset(WORDS["refusals"].split())
_ITEMS = re.compile(r"\s*[,;\n]\s+|\s+(?:and|or|et|ou)\s+")
_WORD = re.compile(r"[^\W_]+(?:[._/'-][^\W_]+)*")
_SUFFIX = re.compile(r"(?<=\w{3})(?:ies|ing|ed|es|s|e|y)$")


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict: keys that are missing, what contradicts, and whether keys settled it or mere likeness of words."""

    right: bool
    missing: tuple[str, ...]
    contradicted: str | None
    decided: bool


def grade(reply: str, keys: Sequence[str], answer: str, siblings: Sequence[str] = (), question: str = "") -> Grade:
    """Return the verdict on a reply to a question that the answer would answer.

    `siblings` are values that stand in the notes where the fact's value stands; one that the answer or the question
    names, too, contradicts nothing. `decided` is False where the verdict rests on likeness of words, not on keys: there
    a judge helps most.
    """
    evidence = [key for key in keys if _is_evidence(key, answer, question)]
    if not normalised(reply):
        return Grade(False, tuple(evidence), None, decided=True)
    if normalised(reply) == normalised(answer):
        return Grade(True, (), None, decided=bool(evidence))
    wrong = _other_value(reply, answer, siblings, question) or _turned_round(reply, evidence, answer, question)
    if not evidence:
        return Grade(wrong is None and _recall(reply, answer, question) >= RECALL, (), wrong, decided=False)
    missing = tuple(key for key in evidence if not _says(key, reply, answer, question))
    loose = any(_is_phrase(key) and not stands(key, reply) for key in evidence)
    return Grade(wrong is None and not missing, missing, wrong, decided=not loose)


def _is_evidence(key: str, answer: str, question: str) -> bool:
    """Tell whether a key can show that a reply knows: the answer holds it, and the question does not give it away."""
    if stands(key, answer):
        return not stands(key, question)
    return (stands_in_part(key, answer) and not stands_in_part(key, question)) or (
        _is_phrase(key) and _recall(answer, key) >= PHRASE_RECALL > _recall(question, key)
    )


def _says(key: str, reply: str, answer: str, question: str) -> bool:
    """Tell whether a reply says a key: as it is, all things that it lists, or a phrase's figures and most words."""
    if stands(key, reply) or (not stands(key, answer) and stands_in_part(key, reply)):
        return True
    items = [item for item in _ITEMS.split(key) if normalised(item)]
    if len(items) > 1 and all(stands(item, reply) for item in items):
        return True
    return _is_phrase(key) and _recall(reply, key, question) >= PHRASE_RECALL and _figures(key) <= _figures(reply)


def _other_value(reply: str, answer: str, siblings: Sequence[str], question: str) -> str | None:
    """Return the sibling that a reply affirms in the answer's place."""
    for sibling in siblings:
        if _is_exchanged(reply, answer, sibling, question):
            return sibling
        if (
            not all(word in _SMALL for word in _words(sibling))
            and not stands(sibling, answer)
            and not stands(sibling, question)
            and stands(sibling, reply)
            and not denied(sibling, reply)
        ):
            return sibling
    return None


def _is_exchanged(reply: str, answer: str, sibling: str, question: str) -> bool:
    """Tell whether a reply pairs two things with two values the way the sibling does, a whole clause, not the answer.

    What follows what decides it. A reply that begins with a value pairs the other way round and is let pass.
    """
    shared = _once(_content(sibling)) & _once(_content(answer))
    if len(shared) < PHRASE:
        return False
    right, wrong, said = (_neighbours(text, shared) for text in (answer, sibling, reply))
    begins_with = next((word for word in _content(reply) if word in shared), "")
    return begins_with in _content(question) and len(said & (wrong - right)) > len(said & (right - wrong))


def _once(words: list[str]) -> frozenset[str]:
    return frozenset(word for word, times in Counter(words).items() if times == 1)


def _neighbours(text: str, among: frozenset[str]) -> set[tuple[str, str]]:
    return set(pairwise(word for word in _content(text) if word in among))


def _turned_round(reply: str, evidence: Sequence[str], answer: str, question: str) -> str | None:
    """Return what a reply denies though the answer affirms it, the other way about, or turns into something else."""
    clauses = [clause for clause in clauses_of(reply) if not evidence or any(stands(key, clause) for key in evidence)]
    denial = next((f"not {key}" for key in evidence if denied(key, reply) and not denied(key, answer)), None)
    return (
        denial
        or (_polarity(reply, answer, question, LIKE, 2) if evidence else _polarity(reply, answer, question, 0.0, 1))
        or _opposite(reply, clauses, answer, question)
        or _other_figure(reply, answer, question, anywhere=not evidence)
    )


def _polarity(reply: str, answer: str, question: str, like: float, shared: int) -> str | None:
    """Return a clause of the reply that denies what the answer's most similar clause affirms, or the other way about.

    `like` is how similar they must be, as a share of the content words of both that they have in common, and `shared`
    how many these must be.
    """
    theirs = [(frozenset(_content(clause)), clause) for clause in clauses_of(answer)]
    for clause in clauses_of(reply):
        mine = frozenset(_content(clause))
        near = max(theirs, key=lambda one: _likeness(mine, one[0]), default=(mine, ""))
        if (
            len(mine & near[0]) >= shared
            and _likeness(mine, near[0]) >= like
            and _differ(clause, near[1], f"{answer} {question}", reply)
        ):
            return clause.strip()
    return None


def _differ(clause: str, near: str, known: str, reply: str) -> bool:
    """Tell whether only one of two clauses is negative, and nothing around the other could make it so."""
    if _negates(clause):
        return not _is_negative(near if _negates(known) else known)
    return _negates(near) and not _is_negative(reply)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def _negates(text: str) -> bool:
    return not NEGATORS.isdisjoint(normalised(text).split())


def _is_negative(text: str) -> bool:
    return not (NEGATORS | _REFUSALS).isdisjoint(normalised(text).split())


def _opposite(reply: str, clauses: Iterable[str], answer: str, question: str) -> str | None:
    """Return the word that stands in a clause of the reply where the answer has its opposite."""
    right, said = f" {normalised(answer)} ", f" {normalised(reply)} "
    known = right + f"{normalised(question)} "
    told = [f" {normalised(clause)} " for clause in clauses]
    for one, other in _opposites():
        if one in right and one not in said and other not in known and any(other in clause for clause in told):
            return other.strip()
    return None


def _other_figure(reply: str, answer: str, question: str, *, anywhere: bool) -> str | None:
    """Return the figure of a reply that stands where the answer has another one, which the reply lacks.

    Elsewhere than `anywhere`, only one of the same form beside the same word counts, as LF-0211 does for LF-0187.
    """
    right, said = _figures(answer), _figures(reply)
    lost, new = right - said, said - right - _figures(question)
    if anywhere:
        return min(new) if lost and new else None
    places = {place for figure in lost for place in _places(figure, answer)}
    return next((figure for figure in sorted(new) if places & _places(figure, reply)), None)


def _places(figure: str, text: str) -> set[tuple[str, str, str]]:
    """Return the form of a figure with the words on either side of it."""
    form, words = re.sub(r"\d", "0", figure), ["", *_words(text), ""]
    around = [(words[at - 1], words[at + 1]) for at, word in enumerate(words) if word == figure]
    sides = {
        side for before, after in around for side in (("", form, after), (before, form, "")) if side != ("", form, "")
    }
    return sides | ({("", form, "")} if not form.replace(".", "").isdecimal() else set())


@cache
def _opposites() -> tuple[tuple[str, str], ...]:
    """Return words with their opposites, each between spaces."""
    return tuple(
        (f" {normalised(one)} ", f" {normalised(other)} ")
        for language in LANGUAGES
        for one, other in mistakes(language).partners.items()
        if one not in mistakes(language).negations
    )


def _recall(reply: str, wanted: str, question: str = "") -> float:
    """Return the share of the wanted content words in a reply, the question's left aside where others remain."""
    every = frozenset(_content(wanted))
    asked = every - frozenset(_content(question)) or every
    return len(asked.intersection(_content(reply))) / len(asked) if asked else 0.0


def _is_phrase(key: str) -> bool:
    return len(_words(key)) >= PHRASE


def _figures(text: str) -> frozenset[str]:
    return frozenset(word for word in _words(text) if any(letter.isdecimal() for letter in word))


def _content(text: str) -> list[str]:
    """Return the words of a text that carry content, without their endings, in reading order."""
    return [_SUFFIX.sub("", word) for word in _words(text) if word not in _SMALL]


def _words(text: str) -> list[str]:
    return _WORD.findall(normalised(text))
