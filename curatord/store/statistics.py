"""How many pairs there are of each sort, how good they are, and how much gave none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from curatord.store.dropped import drop_counts
from curatord.store.judgements import Verdict

if TYPE_CHECKING:
    import sqlite3

Row = dict[str, Any]

SCORE_BANDS = 20


def pair_statistics(connection: sqlite3.Connection) -> Row:
    """Return how many pairs there are by category, split, strategy of the rejected answer, extractor and score.

    And how much was dropped, by reason, and what people judged, by verdict.
    """
    found: Row = {"duplicates": 0, **{name: Counter() for name in (*_GROUPS, "by_extractor", "by_verdict")}}
    score = 0.0
    bands: Counter[int] = Counter()
    rows = connection.execute(_COUNT_PAIRS, {"bands": SCORE_BANDS})
    for row in rows:
        if row["verdict"]:
            found["by_verdict"][row["verdict"]] += row["number"]
        if not row["kept"]:
            found["duplicates"] += row["number"] if row["verdict"] != Verdict.DOWN else 0
            continue
        score += row["score"]
        bands[row["band"]] += row["number"]
        for name, column in _GROUPS.items():
            if row[column] is not None:
                found[name][row[column]] += row["number"]
    found["by_extractor"].update(dict(connection.execute(_COUNT_BY_EXTRACTOR).fetchall()))
    total = found["by_split"].total()
    mean = score / total if total else None
    return {**found, "total": total, "mean_score": mean, "scores": _bands(bands), "dropped": drop_counts(connection)}


def _bands(found: Counter[int]) -> list[Row]:
    """Return the histogram of scores from the lowest band that has pairs."""
    return [
        {"least": band / SCORE_BANDS, "most": (band + 1) / SCORE_BANDS, "pairs": found[band]}
        for band in range(min(found, default=SCORE_BANDS), SCORE_BANDS)
    ]


_GROUPS = {"by_category": "category", "by_split": "split", "by_strategy": "strategy"}

_COUNT_PAIRS = """
    SELECT kept, verdict, category, split, strategy, min(CAST(score * :bands AS INTEGER), :bands - 1) AS band,
        count(*) AS number, sum(score) AS score
    FROM pairs GROUP BY 1, 2, 3, 4, 5, 6
"""

_COUNT_BY_EXTRACTOR = """
    SELECT extractor, count(*) FROM pairs JOIN facts ON facts.id = pairs.fact WHERE kept GROUP BY 1 ORDER BY 1
"""
