"""A fact before it has questions: what an extractor hands over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curatord.memory.document import Lines


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement, what it rests on, and the words its questions are filled with.

    `shape` names the phrasings that can ask for it. `slots` are the words those phrasings may use; one that
    is empty rules out the phrasings that need it. `value` is the part of the statement that `siblings` could
    replace. `weight` in [0, 1] is how sure the extractor is that this is worth asking.
    """

    shape: str
    statement: str
    slots: Mapping[str, str]
    lines: Lines
    keys: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    value: str = ""
    weight: float = 0.5
