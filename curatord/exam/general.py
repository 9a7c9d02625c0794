"""General questions with short, certain answers: what a model knew must not be lost by learning the notes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from curatord.exam.terms import denied, stands


@dataclass(frozen=True, slots=True)
class Probe:
    """A general question; a right reply holds one of the alternatives of each of `keys`."""

    id: str
    question: str
    keys: tuple[tuple[str, ...], ...]


@cache
def probes() -> list[Probe]:
    """Return the bundled questions, in the order of their file."""
    content = (files("curatord.exam") / "general.toml").read_text(encoding="utf-8")
    subjects: dict[str, list[dict[str, str]]] = tomllib.loads(content)
    return [_probe(**told) for those in subjects.values() for told in those]


def grade(probe: Probe, reply: str) -> bool:
    """Tell whether a reply to a probe is right."""
    return all(any(stands(key, reply) and not denied(key, reply) for key in those) for those in probe.keys)


def _probe(*, id: str, question: str, answer: str) -> Probe:  # noqa: A002  as the file has it
    """Read "carbon dioxide / CO2" as alternatives, "red + white" as parts that a right reply has all of."""
    return Probe(id, question, tuple(tuple(part.split(" / ")) for part in answer.split(" + ")))
