"""Which questions the notes speak of: only those are for the adapter, the base model alone answers all others.

A logistic regression on a few figures of a question's words. It is fitted to one memory at a time: to questions about
its facts whose common words are dropped at random, since people ask in words of their own, and to the bundled general
prompts. Distinctive are names, identifiers and words that the base model's tokenizer has to spell in pieces.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from math import log
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from curatord.errors import StoreError
from curatord.exam.records import ROUTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LEAST_THRESHOLD, MOST_THRESHOLD = 0.5, 0.9
MOST_MISLED = 0.015  # of the general prompts: what the adapter says to them may be forgotten knowledge
MOST_EXAMPLES = 1000
_STEPS, _RATE, _SHRINKAGE = 3000, 2.0, 1e-3
_DROP_COMMON, _DROP_DISTINCTIVE = 0.5, 0.25

_WORD = re.compile(r"[^\W_]+(?:[-_./'\u2019][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.?!:\"\u201c]\s*)$")
_SHORT = 3
# Words that ask and join; they tell nothing of what a question is about.
_ASKING = """
a about according all an and any are as at au aux avec be been being but by can ce ces cette combien comment could
dans de des did do does du each elle en est et eux every for from give had has have he her here his how i if il ils
in into is it its je la le les let leur list lui ma mais many may me mes might mon much must my name ne no nos not
notre nous of off on one or ou our out over par pas please pour pourquoi qu quand que quel quelle quelles quels qui
sa said say says se ses shall she should so some son sont sur ta te tell tes than that the their them then there
these they this those to ton tu un under une up us vos votre vous was we were what when where which who whom whose
why will with would you your
"""
_FUNCTION_WORDS = frozenset(_ASKING.split())


class Fact(NamedTuple):
    """What a fact says, and how training asks for it."""

    statement: str
    questions: tuple[str, ...]


class _Words(NamedTuple):
    """The content words of a text by their normal forms; `distinctive` and `names` are flags beside each."""

    forms: tuple[str, ...]
    capitals: tuple[bool, ...]
    inside: tuple[bool, ...]


class Router(BaseModel):
    """A fitted router: `postings` has the facts of each word, by number; `weights` are those of the `figures`."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    facts: int
    postings: dict[str, tuple[int, ...]]
    distinctive: frozenset[str]
    weights: tuple[float, ...]
    threshold: float = LEAST_THRESHOLD

    def is_about_notes(self, question: str) -> bool:
        """Tell whether the notes speak of a question."""
        return self.probability(question) >= self.threshold

    def probability(self, question: str) -> float:
        """Return how likely a question is about the notes, in [0, 1]."""
        score = float(np.dot(self.weights, self.figures(question)))
        return float(1 / (1 + np.exp(-score)))

    def figures(self, question: str, dropped: int = 0) -> list[float]:
        """Return what is measured of a question; `dropped` words count as unknown ones that are not in it."""
        words = _content(question)
        known = [place for place, form in enumerate(words.forms) if form in self.postings]
        named = {words.forms[place] for place in known if self._is_distinctive(words, place)}
        unknown = len(words.forms) - len(known) + dropped
        strange_names = sum(
            words.capitals[place] and words.inside[place]
            for place, form in enumerate(words.forms)
            if form not in self.postings
        )
        best, total = self._best_fact([words.forms[place] for place in known])
        rarest = log(self.facts + 2)
        total += unknown * rarest
        asked = len(words.forms) + dropped
        return [
            min(len(named), 3),
            best / total if total else 0.0,
            best / rarest,
            unknown / asked if asked else 1.0,
            min(strange_names, 3),
            1.0,
        ]

    def _is_distinctive(self, words: _Words, place: int) -> bool:
        form = words.forms[place]
        written_so = words.capitals[place] or not form.isalpha()
        return form in self.distinctive and (written_so or f"{form} " in self.distinctive)

    def _best_fact(self, forms: Sequence[str]) -> tuple[float, float]:
        """Return the largest weight of words that one fact has in common with a question, and that of all of them."""
        weights: defaultdict[int, float] = defaultdict(float)
        total = 0.0
        for form in forms:
            weight = log((self.facts + 1) / (len(self.postings[form]) + 0.5))
            total += weight
            for fact in self.postings[form]:
                weights[fact] += weight
        return max(weights.values(), default=0.0), total


def fit(
    facts: Sequence[Fact], questions: Sequence[str], general: Sequence[str], is_one_token: Callable[[str], bool]
) -> Router:
    """Return the router of a memory.

    `questions` are about its facts, `general` are not; `is_one_token` tells whether the tokenizer has a word whole.
    """
    postings, distinctive = _index(facts, is_one_token)
    blank = Router(facts=len(facts), postings=postings, distinctive=distinctive, weights=(0.0,) * 6)
    chance = Random(len(facts))  # noqa: S311  repeatable, not secret
    some = list(questions) if len(questions) <= MOST_EXAMPLES else chance.sample(list(questions), MOST_EXAMPLES)
    about = [blank.figures(*_reworded(question, blank, chance)) for question in some]
    other = [blank.figures(question) for question in general]
    if not about or not other:
        return blank
    fitted = blank.model_copy(update={"weights": _logistic(np.array(about), np.array(other))})
    return fitted.model_copy(update={"threshold": _threshold([fitted.probability(question) for question in general])})


def write(router: Router, adapter: Path) -> None:
    """Keep a router beside its adapter."""
    (adapter / ROUTING).write_text(router.model_dump_json(), encoding="utf-8")


def read(adapter: Path) -> Router | None:
    """Return the router of an adapter, None where it has none; raise StoreError where it is damaged."""
    file = adapter / ROUTING
    try:
        return Router.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        hint = "Set [exam] route = false, or promote another adapter."
        raise StoreError(f"{file} cannot be read.", hint=hint) from error


def _threshold(general: Sequence[float]) -> float:
    """Return the probability that all but a few of the general questions stay below."""
    return min(max(float(np.quantile(general, 1 - MOST_MISLED)), LEAST_THRESHOLD), MOST_THRESHOLD)


def _content(text: str) -> _Words:
    found = [(match, _form(match[0])) for match in _WORD.finditer(text)]
    # A bare number stands in sums as well as in notes.
    kept = [(match, form) for match, form in found if form not in _FUNCTION_WORDS and not form.isdigit()]
    return _Words(
        tuple(form for _, form in kept),
        tuple(match[0][0].isupper() for match, _ in kept),
        tuple(not _SENTENCE_START.search(text, max(0, match.start() - 3), match.start()) for match, _ in kept),
    )


def _form(word: str) -> str:
    """Return a word without case, genitive and plural."""
    form = word.replace("\u2019", "'").casefold().removesuffix("'s")
    return form[:-1] if len(form) > _SHORT and form.endswith("s") and not form.endswith("ss") else form


def _index(
    facts: Iterable[Fact], is_one_token: Callable[[str], bool]
) -> tuple[dict[str, tuple[int, ...]], frozenset[str]]:
    """Return the facts of each word, and the distinctive words.

    One that is always spelled in pieces has a twin with a space behind it: it counts however it is written.
    """
    postings: defaultdict[str, list[int]] = defaultdict(list)
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for number, fact in enumerate(facts):
        texts = [_content(text) for text in (fact.statement, *fact.questions)]
        for form in dict.fromkeys(form for words in texts for form in words.forms):
            postings[form].append(number)
        for words in texts:
            for form, is_capital, is_inside in zip(*words, strict=True):
                if is_inside:
                    (capital if is_capital else small)[form] += 1
    distinctive = set()
    for form in postings:
        in_pieces = not is_one_token(form) and not is_one_token(form.capitalize())
        if in_pieces:
            distinctive.add(f"{form} ")
        if in_pieces or not form.isalpha() or (capital[form] and not small[form]):
            distinctive.add(form)
    return {form: tuple(numbers) for form, numbers in postings.items()}, frozenset(distinctive)


def _reworded(question: str, router: Router, chance: Random) -> tuple[str, int]:
    """Return a question without some of its words, and how many were taken from it."""
    kept, dropped = [], 0
    for written in question.split():
        word = _WORD.search(written)
        form = _form(word[0]) if word else ""
        is_content = bool(form) and form not in _FUNCTION_WORDS
        if is_content and chance.random() < (_DROP_DISTINCTIVE if form in router.distinctive else _DROP_COMMON):
            dropped += form not in router.distinctive
        else:
            kept.append(written)
    return " ".join(kept), dropped


def _logistic(about: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the weights of a logistic regression by gradient descent; both classes count alike."""
    figures = np.concatenate([about, other])
    is_about = np.concatenate([np.ones(len(about)), np.zeros(len(other))])
    counts = np.where(is_about == 1, 0.5 / len(about), 0.5 / len(other))
    middle, spread = figures.mean(0), figures.std(0) + 1e-6
    middle[-1], spread[-1] = 0.0, 1.0
    scaled = (figures - middle) / spread
    weights = np.zeros(figures.shape[1])
    for _ in range(_STEPS):
        wrong = 1 / (1 + np.exp(-scaled @ weights)) - is_about
        weights -= _RATE * (scaled.T @ (wrong * counts) + _SHRINKAGE * weights)
    plain = weights / spread
    plain[-1] -= float(np.dot(plain[:-1], middle[:-1]))
    return tuple(float(weight) for weight in plain)
