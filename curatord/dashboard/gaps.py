"""What to learn next, measured in the dashboard's own process as `curatord gaps` does: the daemon stays light."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from curatord.daemon.status import Wire

if TYPE_CHECKING:
    from curatord.exam.gaps import Gap
    from curatord.paths import StateDirectory


class GapsQuery(Wire):
    """Which gaps: only of notes whose path or title holds `topic`."""

    model_config = ConfigDict(extra="forbid")

    topic: str | None = Field(None, max_length=1000)
    most: int = Field(50, ge=1, le=1000)


class GapEntry(Wire):
    """A gap: its score in [0, 1], its kind, what it is about, why, and the evidence."""

    score: float
    kind: str
    topic: str
    title: str
    reason: str
    evidence: dict[str, Any]


class GapPage(Wire):
    """The gaps, the largest first, for the adapter in service; `absent` tells why a signal was not measured."""

    adapter: str | None
    absent: dict[str, str]
    gaps: list[GapEntry]


def find_gaps(state: StateDirectory, asked: GapsQuery) -> GapPage:
    """Return what to learn next; raises NotFoundError where no note is of that topic, StoreError without a store."""
    from curatord.exam.embedding import installed  # noqa: PLC0415  NumPy and a model, which no other page needs
    from curatord.exam.survey import survey  # noqa: PLC0415  see above

    found = survey(state, model=installed(), topic=asked.topic or None, most=asked.most)
    return GapPage(adapter=found.adapter, absent=found.absent, gaps=[_entry(gap) for gap in found.gaps])


def _entry(gap: Gap) -> GapEntry:
    evidence = asdict(gap.evidence)
    head = {name: evidence.pop(name) for name in ("kind", "topic", "title")}
    return GapEntry(score=gap.score, reason=gap.reason, evidence=evidence, **head)
