"""The values curation produces: facts, the pairs that ask for them, and the answers to prefer them over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curatord.memory.document import Lines


class Category(StrEnum):
    """What kind of thinking a question asks for."""

    FACTUAL = "factual"
    ANALYTICAL = "analytical"
    PRACTICAL = "practical"
    CRITICAL = "critical"
    COMPARATIVE = "comparative"


class Split(StrEnum):
    """Whether a pair is trained on, or kept back for the exam."""

    TRAIN = "train"
    TEST = "test"


class Strategy(StrEnum):
    """How a rejected answer was made; a stale one is what an older note says."""

    VAGUE = "vague"
    UNSPECIFIC = "unspecific"
    WRONG = "wrong"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Fact:
    """One checkable statement found in a section.

    `statement` is a full sentence that stands alone. `keys` are the numbers, names and terms that a right
    answer must contain. `lines` is the evidence in the file. `siblings` are other values that stand where the
    fact's value stands (other rows, other items): what the fact may be confused with. `sense` is equal for facts
    that say the same; `attribute` is equal for those that give the same thing a value, and empty where none is given.
    """

    id: str
    extractor: str
    subject: str
    statement: str
    keys: tuple[str, ...]
    lines: Lines
    siblings: tuple[str, ...] = ()
    sense: str = ""
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer as fluent as the chosen one, and worse: how it was made and its words."""

    strategy: Strategy
    answer: str


@dataclass(frozen=True, slots=True)
class Score:
    """A quality score in [0, 1] with its named parts, each in [0, 1]."""

    total: float
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer, what they rest on, and at most one rejected answer.

    Two pairs with the same `question_key` ask the same thing; only one of them is trained on.
    """

    id: str
    question_key: str
    fact: str
    phrasing: str
    category: Category
    split: Split
    question: str
    answer: str
    score: Score
    rejected: Rejected | None = None


class Refusal(StrEnum):
    """Why a question, or a fact with all its questions, gives no pair."""

    LOW_SCORE = "low_score"
    NOTHING_NEW = "nothing_new"
    REPEATED = "repeated"
    OVER_LIMIT = "over_limit"
    NO_QUESTION = "no_question"
    CHAT_TOKEN = "chat_token"  # noqa: S105  no password: what chat templates mark turns with


@dataclass(frozen=True, slots=True)
class Dropped:
    """A question that was refused, or with an empty one a fact of which no pair was made.

    `lines` are those of the fact. Where text could forge a turn, neither question nor answer is told.
    """

    reason: Refusal
    question: str
    answer: str
    lines: Lines
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Curated:
    """What one section gives: facts in reading order, the pairs that ask for them, and what was refused."""

    facts: tuple[Fact, ...]
    pairs: tuple[Pair, ...]
    dropped: tuple[Dropped, ...] = ()


def pair_id(question: str, answer: str) -> str:
    """Return the content hash of a pair: 16 hex digits over its question and its answer."""
    return content_hash(question, answer)[:16]


def content_hash(*parts: str) -> str:
    """Return the SHA-256, in hex, over parts that cannot run into one another."""
    return sha256("".join([f"{len(part)}:{part}" for part in parts]).encode("utf-8", "surrogatepass")).hexdigest()
