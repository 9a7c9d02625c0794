"""The judge in an exam: asked where the keys settle nothing, and compared with them where they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.exam import records
from curatord.exam.judge import agreement, consult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.exam.judge import Judge
    from curatord.train.snapshot import ExamRow


class SecondOpinion:
    """A judge who is asked no more once he has failed; `warning` tells why, empty while he answers."""

    def __init__(self, judge: Judge, name: str) -> None:
        """Call the judge by a name."""
        self._judge = judge
        self._name = name
        self.warning = ""

    def __call__(self, row: ExamRow, reply: str) -> bool | None:
        """Return whether a reply is right, None where the judge cannot be asked."""
        if self.warning:
            return None
        found = consult(self._judge, [(row.question, row.answer, reply)])
        self.warning = found.warning
        verdict = found.verdicts[0]
        return verdict.right if verdict is not None else None

    def agreement(self, questions: Sequence[ExamRow], replies: Sequence[records.Reply]) -> records.Agreement | None:
        """Return how far the judge agrees with the keys on replies that these have settled; None without verdicts."""
        settled = [(row, reply) for row, reply in zip(questions, replies, strict=True) if reply.decided]
        judged = [self(row, reply.reply) for row, reply in settled]
        found = agreement([reply.right for _, reply in settled], judged)
        if found.share is None:
            return None
        return records.Agreement(judge=self._name, asked=found.n, share=found.share, kappa=found.kappa)
