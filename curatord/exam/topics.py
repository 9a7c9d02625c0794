"""What the model in service knows of each note: mastered, weak, or not taught yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from curatord.exam.records import Part


class Standing(StrEnum):
    """How well a topic is known; `taught` where no exam has asked about it."""

    MASTERED = "mastered"
    WEAK = "weak"
    TAUGHT = "taught"
    UNTAUGHT = "untaught"


@dataclass(frozen=True, slots=True)
class Topic:
    """A note by root and path: its pairs to train on, those of them that were taught, and its part of the exam."""

    topic: str
    standing: Standing
    pairs: int
    taught: int
    asked: int = 0
    right: int = 0


def topics(connection: sqlite3.Connection, examined: Mapping[str, Part], mastery: float) -> list[Topic]:
    """Return every note that has pairs, the least known first; `mastery` is the share that makes it mastered."""
    found = [_topic(row["topic"], row["pairs"], row["taught"], examined, mastery) for row in connection.execute(_NOTES)]
    order = [Standing.UNTAUGHT, Standing.WEAK, Standing.TAUGHT, Standing.MASTERED]
    return sorted(found, key=lambda one: (order.index(one.standing), _share(one), one.topic))


def _topic(name: str, pairs: int, taught: int, examined: Mapping[str, Part], mastery: float) -> Topic:
    part = examined.get(name)
    if not taught:
        return Topic(name, Standing.UNTAUGHT, pairs, taught)
    if part is None or not part.asked:
        return Topic(name, Standing.TAUGHT, pairs, taught)
    standing = Standing.MASTERED if part.after / part.asked >= mastery else Standing.WEAK
    return Topic(name, standing, pairs, taught, part.asked, part.after)


def _share(topic: Topic) -> float:
    return topic.right / topic.asked if topic.asked else 0.0


_NOTES = """
    SELECT documents.root || '/' || documents.path AS topic, count(*) AS pairs, sum(pairs.seen) AS taught
    FROM pairs JOIN documents ON documents.id = pairs.document
    WHERE pairs.kept AND pairs.split = 'train'
    GROUP BY documents.id
"""
