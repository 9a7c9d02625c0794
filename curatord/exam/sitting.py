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

MARGIN = 1e-9  # above a probability: the next machine may compute its last bits otherwise
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
        self._router = router
        self._likely = [self._probability(row.question) for row in questions]
        self._likely_general = [self._probability(probe.question) for probe in general.probes()]

    @property
    def threshold(self) -> float:
        """The router's threshold; 0 without a router, when nothing is left to the base."""
        return 0.0 if self._router is None else self._router.threshold

    def thresholds(self) -> list[float]:
        """Return the router's threshold, and higher ones, each of which leaves more of the general probes to the base.

        Without a router there is but one.
        """
        if self._router is None:
            return [self.threshold]
        passing = sorted({likely for likely in self._likely_general if likely >= self.threshold})
        return [self.threshold, *(likely + MARGIN for likely in passing)]

    def about_notes(self, threshold: float) -> list[bool]:
        """Return which of the exam questions the adapter is asked, rather than the base."""
        return [likely >= threshold for likely in self._likely]

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

    def routed(self, said: Said, base: Said, threshold: float) -> Said:
        """Return the replies as a user gets them: the base's, where a question is not likely about the notes."""
        return Said(
            _chosen(said.exam, base.exam, self._likely, threshold),
            _chosen(said.general, base.general, self._likely_general, threshold),
        )

    def _probability(self, question: str) -> float:
        return 1.0 if self._router is None else self._router.probability(question)


def _chosen(mine: Sequence[str], others: Sequence[str], likely: Sequence[float], threshold: float) -> tuple[str, ...]:
    return tuple(one if p >= threshold else other for one, other, p in zip(mine, others, likely, strict=True))
