"""What of the settings curation depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Training questions per fact (one more is kept for the exam), and the least score a pair must have."""

    phrasings: int = 6
    min_score: float = 0.8
