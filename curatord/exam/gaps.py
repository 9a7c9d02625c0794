"""What to learn next: the notes and questions that the model knows least about, in order, with the evidence. Pure.

A gap is of one of three kinds. *Untaught*: facts of a note that no training run has been given. *Weak*: taught, but in
the exam answered wrong, or right without being sure. *Unknown*: asked by somebody, and the notes do not speak of it.

Its score, in [0, 1], is

    amount * (lack + doubt) / 2

- amount = n / (n + 2), n being how many facts, answers or requests it stands for: one counts a third, ten 0.83
- lack: the share of the note's facts that are untaught, or of the exam's answers that were wrong, those that were right
  but unsure counting half; 1 for a question that nothing answers
- doubt: the mean of those of the three signals that were measured, each in [0, 1]; without any of them it is lack
  (a) embedding: the cosine distance from the gap's questions to the nearest text that was taught
  (b) interrogation: the mean of 1 - exp(-entropy), the share of the model's choices that is more than one, and of
      1 - agreement of its replies
  (c) retrieval: 1 - the share of the questions' words, weighed by rarity, that the best taught pair holds
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ENTROPY = 0.7  # nats, a choice of two; a model that is wrong often enough in its exam gives its own limit
MIN_AGREEMENT = 0.5
_HALF = 2  # so many count as half of the most
_LEAST_OF_EACH = 10  # right and wrong replies, to find a limit from
_LEAST_USE = 0.2  # Youden's J


class Kind(StrEnum):
    """Why something is a gap."""

    UNTAUGHT = "untaught"
    WEAK = "weak"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signals:
    """The three signals as they were measured; None where one was not.

    `distance` is the mean cosine distance to the nearest taught text, `entropy` in nats, `agreement` and `share`, the
    words found by full-text search, in [0, 1].
    """

    distance: float | None = None
    entropy: float | None = None
    agreement: float | None = None
    share: float | None = None

    @property
    def doubt(self) -> float | None:
        """The mean of the signals, each as a number in [0, 1]; None where there is none."""
        unsure = [*([] if self.entropy is None else [1 - exp(-self.entropy)])]
        unsure += [] if self.agreement is None else [1 - self.agreement]
        found = [] if self.distance is None else [min(max(self.distance, 0.0), 1.0)]
        found += [sum(unsure) / len(unsure)] if unsure else []
        found += [] if self.share is None else [1 - self.share]
        return sum(found) / len(found) if found else None


@dataclass(frozen=True, slots=True)
class Answered:
    """One question of the exam, the right answer, and what the model said."""

    question: str
    answer: str
    reply: str
    right: bool
    fact: str
    entropy: float | None = None
    agreement: float | None = None


@dataclass(frozen=True, slots=True)
class Sureness:
    """From where on a right answer counts as sure: entropy at most, in nats, and agreement at least."""

    max_entropy: float = MAX_ENTROPY
    min_agreement: float = MIN_AGREEMENT

    def is_sure(self, entropy: float | None, agreement: float | None) -> bool:
        """Tell whether a model is sure of a reply; what was not measured counts for it."""
        return (entropy is None or entropy <= self.max_entropy) and (
            agreement is None or agreement >= self.min_agreement
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A question that stands for a gap, and what would answer it; `answer` is empty where nothing does."""

    question: str
    answer: str = ""
    reply: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """A heading of a note, and how many of the gap's facts stand under it."""

    heading: str
    facts: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one possible gap.

    `facts` of `of` are lacking; of them `wrong` were answered wrong and `unsure` right without being sure. `topic` is
    the note, by root and path; for a question that nothing answers, the question.
    """

    kind: Kind
    topic: str
    title: str
    facts: int
    of: int
    wrong: int = 0
    unsure: int = 0
    parts: tuple[Part, ...] = ()
    questions: tuple[Question, ...] = ()
    signals: Signals = Signals()

    @property
    def lack(self) -> float:
        """The share that is lacking, in [0, 1]."""
        if not self.of:
            return 0.0
        return (self.wrong + self.unsure / 2) / self.of if self.kind is Kind.WEAK else self.facts / self.of


@dataclass(frozen=True, slots=True)
class Gap:
    """Something to learn next; `reason` is its evidence in words."""

    score: float
    reason: str
    evidence: Evidence


def rank(evidence: Iterable[Evidence]) -> list[Gap]:
    """Return the gaps, the largest first; what lacks nothing is none. Equal ones come by topic."""
    gaps = [Gap(score(one), reason(one), one) for one in evidence if one.lack > 0]
    return sorted(gaps, key=lambda gap: (-gap.score, gap.evidence.topic, gap.evidence.kind))


def score(evidence: Evidence) -> float:
    """Return how large a gap is, in [0, 1]: see the head of this module."""
    doubt = evidence.signals.doubt
    amount = evidence.facts / (evidence.facts + _HALF)
    return amount * (evidence.lack + (evidence.lack if doubt is None else doubt)) / 2


def reason(evidence: Evidence) -> str:
    """Return the evidence in words."""
    if evidence.kind is Kind.UNKNOWN:
        return f"asked {_times(evidence.facts)}, and the notes do not speak of it"
    if evidence.kind is Kind.UNTAUGHT:
        return f"{evidence.facts} of {evidence.of} facts have not been taught yet"
    parts = [f"{evidence.wrong} of {evidence.of} exam questions answered wrong"]
    parts += [f"{evidence.unsure} right but unsure"] if evidence.unsure else []
    return ", ".join(parts)


def sureness(answers: Sequence[Answered]) -> Sureness:
    """Return from where on this model is sure, as its own exam tells.

    The limit of the entropy is where it tells right from wrong replies best (Youden's J), if there are ten of each and
    it tells them apart at all.
    """
    right = sorted(one.entropy for one in answers if one.right and one.entropy is not None)
    wrong = sorted(one.entropy for one in answers if not one.right and one.entropy is not None)
    if min(len(right), len(wrong)) < _LEAST_OF_EACH:
        return Sureness()

    def use(limit: float) -> float:
        return sum(one <= limit for one in right) / len(right) - sum(one <= limit for one in wrong) / len(wrong)

    best = max(right, key=use)
    return Sureness(max_entropy=best) if use(best) >= _LEAST_USE else Sureness()


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
