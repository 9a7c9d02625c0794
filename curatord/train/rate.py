"""The learning rate of each step: linear warm-up, then half a cosine down to nothing (arXiv 1608.03983)."""

from __future__ import annotations

from math import ceil, cos, pi


def learning_rate(step: int, steps: int, *, peak: float, warmup: float) -> float:
    """Return the rate of step 1 ... `steps`; `warmup` is the share of the steps in which it rises to `peak`."""
    rising = ceil(steps * warmup)
    if step <= rising:
        return peak * step / rising
    return peak * 0.5 * (1 + cos(pi * (step - rising - 1) / max(1, steps - rising)))
