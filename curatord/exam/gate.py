"""Whether an adapter may go into service: a pure function of what its exam found.

It must know more (the gain and the lower end of its interval), and have forgotten nothing (general questions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.config import Exam as Settings
    from curatord.exam.records import Change, Score, Trial

_ROUNDING = 1e-9  # a point lost is a point, whatever the last bit says


def refusals(exam: Change, general: Score, general_before: Score, settings: Settings) -> tuple[str, ...]:
    """Return why a trial cannot be promoted, a sentence each; nothing where it can."""
    points = 100 * exam.gain
    reasons = []
    if exam.asked == 0:
        reasons.append("there is no exam question to ask")
    elif points < settings.min_gain - _ROUNDING:
        reasons.append(f"it gains {points:.1f} points, {settings.min_gain:g} are wanted (min_gain)")
    elif exam.low <= 0:
        reasons.append(f"its gain of {points:.1f} points may be chance (95 %: {100 * exam.low:.1f} and more)")
    if forgets(general, general_before, settings):
        lost = points_lost(general, general_before)
        reasons.append(f"it loses {lost:.1f} points of general knowledge, {settings.max_loss:g} are allowed (max_loss)")
    return tuple(reasons)


def forgets(general: Score, general_before: Score, settings: Settings) -> bool:
    """Tell whether more general knowledge is lost than is allowed."""
    return points_lost(general, general_before) > settings.max_loss + _ROUNDING


def points_lost(general: Score, general_before: Score) -> float:
    """Return how many of a hundred general questions are lost."""
    return 100 * (general_before.share - general.share)


def best(trials: Sequence[Trial]) -> Trial:
    """Return the trial to keep: of those that can be promoted, or else of all, the one that knows most.

    Among equals the one that keeps more general knowledge by itself, then the weakest.
    """
    return max(trials, key=_rank)


def is_enough(trials: Sequence[Trial]) -> bool:
    """Tell whether weaker updates need not be tried: the last knew less than a stronger one that may be promoted."""
    *stronger, last = trials
    return any(not trial.refused and last.exam.after < trial.exam.after for trial in stronger)


def is_better(one: Trial, other: Trial) -> bool:
    """Tell whether the first is to be kept rather than the second, which came earlier."""
    return _rank(one) > _rank(other)


def _rank(trial: Trial) -> tuple[bool, int, int, float]:
    return not trial.refused, trial.exam.after, trial.general_alone.right, -trial.scale
