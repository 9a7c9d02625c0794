"""An exam as it is sat: one set of questions, answered by the base, by what is in service, and by the new adapter.

Every set of replies is kept in the run's directory as soon as it is there, so that an exam goes on where it was left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from curatord.exam import general
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from curatord.exam.answering import Answerer
    from curatord.exam.routing import Router
    from curatord.train.snapshot import ExamRow

NO_SYSTEM = ""  # the base alone is asked as anybody would ask it


@dataclass(frozen=True, slots=True)
class Said:
    """Replies to the exam questions and to the general probes, in their order."""

    exam: tuple[str, ...]
    general: tuple[str, ...]


class Sitting:
    """The questions of one exam, and the replies to them."""

    def __init__(self, questions: Sequence[ExamRow], directory: Path, router: Router | None) -> None:
        """Keep the replies in a directory."""
        self.questions = questions
        self.directory = directory
        self._about_notes = [router is None or router.is_about_notes(row.question) for row in questions]
        self._general_about_notes = [
            router is None or router.is_about_notes(probe.question) for probe in general.probes()
        ]

    @property
    def about_notes(self) -> Sequence[bool]:
        """Which of the exam questions the adapter is asked, rather than the base."""
        return self._about_notes

    def ask(self, name: str, answerer: Answerer, strength: float) -> Said:
        """Return the replies of a model under this name; they are computed only once."""
        file = self.directory / f"{name}.json"
        if file.exists():
            kept = orjson.loads(file.read_bytes())
            return Said(tuple(kept["exam"]), tuple(kept["general"]))
        answerer.set_strength(strength)
        system = NO_SYSTEM if strength == 0 else None
        said = Said(
            tuple(answerer.replies([row.question for row in self.questions], system)),
            tuple(answerer.replies([probe.question for probe in general.probes()], system)),
        )
        self.directory.mkdir(parents=True, exist_ok=True)
        write_file(file, orjson.dumps({"exam": said.exam, "general": said.general}))
        return said

    def routed(self, said: Said, base: Said) -> Said:
        """Return the replies as a user gets them: the base's, where a question is not about the notes."""
        return Said(
            _chosen(said.exam, base.exam, self._about_notes),
            _chosen(said.general, base.general, self._general_about_notes),
        )


def _chosen(mine: Sequence[str], others: Sequence[str], is_mine: Sequence[bool]) -> tuple[str, ...]:
    return tuple(one if chosen else other for one, other, chosen in zip(mine, others, is_mine, strict=True))
