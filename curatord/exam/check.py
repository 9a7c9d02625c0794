"""Whether one question is known: `curatord gaps check`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from curatord.exam.retrieval import MIN_SHARE, MIN_STRENGTH, Retrieval, retrieve

if TYPE_CHECKING:
    import sqlite3

    from curatord.exam.gaps import Sureness
    from curatord.exam.interrogate import Interrogated
    from curatord.exam.known import KnownTexts, Nearness

# Measured on the pairs of 343 public notes. Cosine distance to the nearest known text, median: reserved phrasings 0.13,
# questions about the notes in words of their own 0.31, on related matters 0.53, general ones 0.66.
MAX_DISTANCE = 0.45


class Standing(StrEnum):
    """How well a question is known."""

    KNOWN = "known"
    WEAK = "weak"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Service:
    """What is known of the adapter in service: what it is sure of, and which facts it got wrong in its exam."""

    sureness: Sureness
    wrong: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A question's standing, why, and the three figures; a signal that is absent has its reason in `absent`."""

    question: str
    standing: Standing
    reason: str
    embedding: Nearness | None
    interrogation: Interrogated | None
    retrieval: Retrieval
    absent: dict[str, str] = field(default_factory=dict)


def look_up(
    connection: sqlite3.Connection, question: str, known: KnownTexts | None
) -> tuple[Nearness | None, Retrieval]:
    """Return what of the store is nearest to a question, and what full-text search finds for it."""
    near = known.nearest([question]) if known is not None else []
    return (near[0] if near else None), retrieve(connection, question)


def notes_speak_of(near: Nearness | None, found: Retrieval) -> bool | None:
    """Tell whether the notes speak of a question: None where embedding and retrieval disagree."""
    votes = {not found.is_weak} | ({near.distance <= MAX_DISTANCE} if near is not None else set())
    return votes.pop() if len(votes) == 1 else None


def stand(
    near: Nearness | None, found: Retrieval, said: Interrogated | None, service: Service | None
) -> tuple[Standing, str]:
    """Return how well a question is known, and why; what was not measured has no say.

    Unknown: the notes do not speak of it, by all that was measured. Known: they do, a training run was given the fact,
    the exam of the adapter in service did not find it wrong, and the model is sure of what it says. Weak: between them.
    `service` is None where no adapter is in service.
    """
    spoken, figures = notes_speak_of(near, found), _figures(near, found)
    if spoken is not True:
        how = "do not speak" if spoken is False else "hardly speak"
        return Standing.UNKNOWN if spoken is False else Standing.WEAK, f"the notes {how} of it ({figures})"
    if lacking := _lacking(near, found, said, service):
        return Standing.WEAK, f"the notes speak of it ({figures}), but {lacking}"
    return Standing.KNOWN, f"it was taught ({figures}" + (f"; {_sureness(said)})" if said else ")")


def _lacking(near: Nearness | None, found: Retrieval, said: Interrogated | None, service: Service | None) -> str:
    """Return what the model lacks for a question that the notes speak of; nothing where it lacks nothing."""
    if service is None:
        return "no adapter is in service"
    if not (found.best and found.best.seen) and not (near and near.seen):
        return "no training run has been given that yet"
    if found.best and found.best.fact in service.wrong:
        return "the model answered it wrong in its exam"
    if said is not None and not service.sureness.is_sure(said.entropy, said.agreement):
        return f"the model is not sure of it ({_sureness(said)})"
    return ""


def _figures(near: Nearness | None, found: Retrieval) -> str:
    words = f"{found.share:.0%} of its words in one pair, at least {MIN_SHARE:.0%} wanted" if found.hits else ""
    parts = [words or f"no pair holds {MIN_SHARE:.0%} of its words"]
    if found.hits and found.is_weak and found.share >= MIN_SHARE:
        parts = [f"words too common: strength {found.strength:.1f}, at least {MIN_STRENGTH:.1f} wanted"]
    if near is not None:
        parts.append(f"distance {near.distance:.2f}, at most {MAX_DISTANCE:.2f} wanted")
    return "; ".join(parts)


def _sureness(said: Interrogated) -> str:
    agreed = "" if said.agreement is None else f", agreement {said.agreement:.2f}"
    return f"entropy {said.entropy:.2f} nats{agreed}"
