"""What the daemon knows about itself, kept where any thread can read it without waiting."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from curatord import __version__
from curatord.daemon.reach import Reach
from curatord.daemon.status import (
    AdapterStatus,
    ConfigStatus,
    ExamStatus,
    PairCounts,
    QueueStatus,
    RootStatus,
    ServingStatus,
    Status,
    TrainingStatus,
)
from curatord.store.activity import last_days

if TYPE_CHECKING:
    from curatord.daemon.roots import WatchedRoot
    from curatord.store.queries import Totals


@dataclass(slots=True)
class Gauge:
    """The figures of the moment; each is replaced as a whole, so that a reader never sees half an update."""

    config_path: str
    state: str = "starting"
    roots: tuple[WatchedRoot, ...] = ()
    totals: Totals | None = None
    holds: dict[str, str] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    troubles: dict[str, str] = field(default_factory=dict)
    pending: int = 0
    generation: int = 0
    config_error: str | None = None
    last_error: str | None = None  # of the last pass, if it failed
    last_pass: str | None = None
    watch_problems: tuple[str, ...] = ()
    training: TrainingStatus = field(default_factory=lambda: TrainingStatus(state="off"))
    adapter: str | None = None
    in_service: AdapterStatus | None = None
    exam: ExamStatus = field(default_factory=ExamStatus)
    serving: ServingStatus = field(default_factory=lambda: ServingStatus(state="off"))
    reach: Reach = field(default_factory=Reach)
    started: float = field(default_factory=monotonic)

    def status(self, settling: int) -> Status:
        """Return the whole as it is told to clients."""
        totals = self.totals
        return Status(
            version=__version__,
            pid=os.getpid(),
            uptime_seconds=round(monotonic() - self.started, 3),
            state=self.state,
            roots=[self._root(root) for root in self.roots],
            queue=QueueStatus(pending=self.pending, settling=settling),
            documents=totals.documents if totals else 0,
            skipped=totals.skipped if totals else 0,
            facts=totals.facts if totals else 0,
            pairs=_pair_counts(totals),
            generation=self.generation,
            problems=totals.problems if totals else 0,
            new_pairs=totals.new if totals else 0,
            training=self.training,
            adapter=self.adapter,
            in_service=self.in_service,
            exam=self.exam,
            serving=self.serving,
            config=ConfigStatus(path=self.config_path, error=self.config_error),
            warnings=list(self.watch_problems),
            error=self.last_error,
            last_pass=self.last_pass,
        )

    def _root(self, root: WatchedRoot) -> RootStatus:
        documents = self.totals.documents_by_root.get(root.name, 0) if self.totals else 0
        held = self.holds.get(root.name)
        barrier = self.reach.barriers.get(root.path)
        if held:
            state = "held"
        elif barrier:
            state = "unreadable"
        else:
            state = self.troubles.get(root.name) or ("polling" if root.name in self.lost else "watching")
        return RootStatus(
            name=root.name,
            path=str(root.configured),
            kind=root.kind,
            state=state,
            documents=documents,
            held=held,
            barrier=barrier,
        )


def _pair_counts(totals: Totals | None) -> PairCounts:
    if totals is None:
        return PairCounts(sft=0, preference=0, heldout=0, by_category={})
    today = datetime.now().astimezone().date()
    return PairCounts(
        sft=totals.sft,
        preference=totals.preference,
        heldout=totals.heldout,
        by_category=totals.by_category,
        preference_by_category=totals.preference_by_category,
        heldout_by_category=totals.heldout_by_category,
        made_by_day={day.isoformat(): made for day, made in last_days(totals.made, today).items()},
    )
