"""How sure a figure is: intervals for shares and for paired differences, and the paired test."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Z95 = 1.959963984540054  # the normal distribution's 97.5 % quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paired:
    """Two series of verdicts on the same questions.

    `gain` is the difference of the shares, in [-1, 1], `interval` its 95 % interval, `p` the two-sided probability of
    a difference at least as large by chance.
    """

    asked: int
    before: int
    after: int
    gain: float
    interval: Interval
    p: float


def wilson(right: int, asked: int) -> Interval:
    """Return the interval of a share (Wilson 1927); the whole of [0, 1] where nothing was asked."""
    if asked == 0:
        return Interval(0.0, 1.0)
    share, z2 = right / asked, Z95 * Z95
    middle = (share + z2 / (2 * asked)) / (1 + z2 / asked)
    half = Z95 * sqrt(share * (1 - share) / asked + z2 / (4 * asked * asked)) / (1 + z2 / asked)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def paired(before: Sequence[bool], after: Sequence[bool]) -> Paired:
    """Compare verdicts question by question; the sequences must be of one length."""
    gained = sum(new and not old for old, new in zip(before, after, strict=True))
    lost = sum(old and not new for old, new in zip(before, after, strict=True))
    asked = len(before)
    gain = (gained - lost) / asked if asked else 0.0
    return Paired(asked, sum(before), sum(after), gain, _difference(gained, lost, asked), mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: of the verdicts that changed, half should go either way."""
    changed = gained + lost
    tail: float = sum(comb(changed, k) for k in range(min(gained, lost) + 1)) / 2**changed
    return min(1.0, 2 * tail)


def _difference(gained: int, lost: int, asked: int) -> Interval:
    """Return the adjusted Wald interval of a paired difference (Bonett and Price 2012)."""
    up, down = (gained + 1) / (asked + 2), (lost + 1) / (asked + 2)
    half = Z95 * sqrt((up + down - (up - down) ** 2) / (asked + 2))
    return Interval(max(-1.0, up - down - half), min(1.0, up - down + half))
