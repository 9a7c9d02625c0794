"""From replies to a verdict: grading, figures, trials, and what is kept. Pure but for the judge, who is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from curatord.exam import gate, general, records
from curatord.exam.grade import grade
from curatord.exam.questions import topic
from curatord.exam.statistics import paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.config import Exam as Settings
    from curatord.exam.grade import Grade
    from curatord.exam.second_opinion import SecondOpinion
    from curatord.exam.sitting import Said, Sitting
    from curatord.train.snapshot import ExamRow


@dataclass(frozen=True, slots=True)
class Graded:
    """Verdicts on the replies to the exam, whether each was settled by keys, and on those to the general probes."""

    exam: tuple[bool, ...]
    decided: tuple[bool, ...]
    general: records.Score


@dataclass(slots=True)
class Marker:
    """Grades replies: by keys, and where these settle nothing by a second opinion, if there is one."""

    second_opinion: SecondOpinion | None = None
    _known: dict[tuple[str, str], tuple[bool, bool]] = field(default_factory=dict)

    def graded(self, questions: Sequence[ExamRow], said: Said) -> Graded:
        """Return the verdicts on a set of replies."""
        verdicts = [self._verdict(row, reply) for row, reply in zip(questions, said.exam, strict=True)]
        return Graded(
            tuple(right for right, _ in verdicts), tuple(decided for _, decided in verdicts), graded_probes(said)
        )

    def _verdict(self, row: ExamRow, reply: str) -> tuple[bool, bool]:
        place = (row.pair, reply)
        if place not in self._known:
            found = by_keys(row, reply)
            opinion = None if found.decided or self.second_opinion is None else self.second_opinion(row, reply)
            self._known[place] = (found.right if opinion is None else opinion, found.decided)
        return self._known[place]


def by_keys(row: ExamRow, reply: str) -> Grade:
    """Return what the keys of a question's fact say of a reply."""
    return grade(reply, row.keys, row.answer, row.siblings, row.question)


def graded_probes(said: Said) -> records.Score:
    """Return how many general probes were answered right."""
    probes = general.probes()
    right = sum(general.grade(probe, reply) for probe, reply in zip(probes, said.general, strict=True))
    return records.Score(asked=len(probes), right=right)


def trial(
    sitting: Sitting, marker: Marker, scale: float, said: Said, *, base: Said, before: Graded, settings: Settings
) -> records.Trial:
    """Return the figures of an adapter at one scale, and why it cannot be promoted so.

    Where it loses too much general knowledge, fewer questions are left to it, as few as need be.
    """
    questions = sitting.questions
    general_before = graded_probes(base)
    threshold = _threshold(sitting, said, base, general_before, settings)
    alone, routed = marker.graded(questions, said), marker.graded(questions, sitting.routed(said, base, threshold))
    change = _change(before.exam, routed.exam)
    return records.Trial(
        scale=scale,
        threshold=threshold,
        exam=change,
        exam_alone=records.Score(asked=len(questions), right=sum(alone.exam)),
        general=routed.general,
        general_alone=alone.general,
        refused=gate.refusals(change, routed.general, general_before, settings),
    )


def replies(
    sitting: Sitting, marker: Marker, said: Said, base: Said, before: Graded, threshold: float
) -> list[records.Reply]:
    """Return every question with its reply as a user gets it, and the verdict on it."""
    routed = sitting.routed(said, base, threshold)
    graded = marker.graded(sitting.questions, routed)
    return [
        records.Reply(
            pair=row.pair,
            question=row.question,
            answer=row.answer,
            reply=reply,
            right=right,
            before=was_right,
            decided=decided,
            routed=about_notes,
            topic=topic(row),
            category=row.category,
            kind=row.kind,
            fact=row.fact,
            root=row.root,
            path=row.path,
        )
        for row, reply, right, decided, was_right, about_notes in zip(
            sitting.questions,
            routed.exam,
            graded.exam,
            graded.decided,
            before.exam,
            sitting.about_notes(threshold),
            strict=True,
        )
    ]


def reason(kept: records.Trial, against: str | None) -> str:
    """Return the verdict in a sentence."""
    if kept.refused:
        return "; ".join(kept.refused)
    change = kept.exam
    return (
        f"{change.after} of {change.asked} right, {change.before} before it"
        f" ({'adapter ' + against if against else 'the base alone'})"
    )


def _threshold(sitting: Sitting, said: Said, base: Said, general_before: records.Score, settings: Settings) -> float:
    """Return the lowest threshold of the router, from the fitted one on, at which not too much is forgotten.

    The gain has no part in it: else the threshold would be sought at which a gain by chance looks like none.
    """
    for threshold in sitting.thresholds():
        if not gate.forgets(graded_probes(sitting.routed(said, base, threshold)), general_before, settings):
            return threshold
    return sitting.threshold


def _change(before: Sequence[bool], after: Sequence[bool]) -> records.Change:
    found = paired(before, after)
    return records.Change(
        asked=found.asked,
        before=found.before,
        after=found.after,
        gain=found.gain,
        low=found.interval.low,
        high=found.interval.high,
        p=found.p,
    )
