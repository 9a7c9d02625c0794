"""What becomes of the adapter of a finished run: into service if its exam says so, else it stays a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.config import Exam as ExamSettings
from curatord.daemon.adapters import keep_adapter
from curatord.daemon.status import AdapterStatus, ExamStatus
from curatord.errors import CuratordError
from curatord.log import get_logger
from curatord.serve.adapters import Adapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.daemon.events import Events
    from curatord.daemon.gauge import Gauge
    from curatord.daemon.ledger import Ledger
    from curatord.exam.records import Exam
    from curatord.serve.adapters import Adapters, Switch
    from curatord.train.run_directory import RunDirectory

log = get_logger("adapters")


class Promotion:
    """Keeps adapters and switches the one in service; `keep` tells how many are kept.

    `mastery` is the share of right answers from which a note counts as mastered. `examined` is called after every
    exam, once what is in service follows from it.
    """

    def __init__(
        self,
        adapters: Adapters,
        ledger: Ledger,
        events: Events,
        *,
        keep: Callable[[], int],
        mastery: Callable[[], float] = lambda: ExamSettings().mastery,
        examined: Callable[[], None] = lambda: None,
    ) -> None:
        """Work on the adapters of one state directory."""
        self.adapters = adapters
        self._ledger = ledger
        self._events = events
        self._keep = keep
        self._mastery = mastery
        self._examined = examined

    def conclude(self, run: RunDirectory) -> str:
        """Keep the adapter of a finished run, promote it where its exam says so, and return what came of it.

        Raises CuratordError where there is no adapter, or the disk does not take it.
        """
        kept = Adapter(keep_adapter(run, self.adapters.directory))
        exam = kept.exam()
        if exam is None:
            return f"its adapter is {kept.path}"
        if exam.promote:
            told = self._promote(kept, exam)
            self._ledger.keep(run)
        else:
            # Nothing of it is in service, so its pairs are as new as before.
            told = f"its adapter stays a candidate: {exam.reason}"
            self._ledger.forget(run)
            self._publish("not_promoted", exam, adapter=kept.id, reason=exam.reason)
        for name in self.adapters.prune(self._keep()):
            log.info("adapter_deleted", adapter=name)
        self._examined()
        return told

    def promote(self, identity: str) -> Switch:
        """Put an adapter into service because a person wants it."""
        switch = self.adapters.promote(self.adapters.find(identity), "asked for")
        self._events.publish("promoted", adapter=switch.adapter, before=switch.before, reason=switch.reason)
        return switch

    def roll_back(self) -> Switch:
        """Put back what was in service before."""
        switch = self.adapters.roll_back("asked for")
        self._events.publish("rolled_back", adapter=switch.adapter, before=switch.before, reason=switch.reason)
        return switch

    def show(self, gauge: Gauge) -> None:
        """Tell clients what is in service, and how it did."""
        try:
            adapter = self.adapters.in_service()
            exam = adapter.exam() if adapter else None
        except CuratordError as error:
            log.warning("adapter_unreadable", error=str(error))
            adapter = exam = None
        gauge.adapter = adapter.id if adapter else None
        gauge.in_service = self._in_service(adapter, exam) if adapter else None
        gauge.exam = exam_status(exam)

    def _in_service(self, adapter: Adapter, exam: Exam | None) -> AdapterStatus:
        since = next((s.time for s in reversed(self.adapters.history()) if s.adapter == adapter.id), None)
        told = AdapterStatus(id=adapter.id, since=since.astimezone().isoformat(timespec="seconds") if since else None)
        if exam is None:
            return told
        change, mastery = exam.kept.exam, self._mastery()
        mastered = sum(bool(part.asked) and part.after / part.asked >= mastery for part in exam.topics.values())
        figures = {"asked": change.asked, "before": change.before, "right": change.after}
        return told.model_copy(update={**figures, "topics": len(exam.topics), "mastered": mastered})

    def _promote(self, kept: Adapter, exam: Exam) -> str:
        now = self.adapters.in_service()
        if now is None or now.id != kept.id:  # the daemon may have been killed just after the switch
            self.adapters.promote(kept, exam.reason)
            self._publish("promoted", exam, adapter=kept.id, reason=exam.reason)
        return f"its adapter is in service: {exam.reason}"

    def _publish(self, event: str, exam: Exam, **data: object) -> None:
        change = exam.kept.exam
        figures = {"asked": change.asked, "right_before": change.before, "right": change.after, "scale": exam.scale}
        log.info(event, run=exam.run, **data, **figures)
        self._events.publish(event, run=exam.run, **data, **figures)


def exam_status(exam: Exam | None) -> ExamStatus:
    """Return the accuracies of an exam, none where none was sat."""
    if exam is None or not exam.kept.exam.asked:
        return ExamStatus()
    change = exam.kept.exam
    return ExamStatus(before=change.before / change.asked, after=change.after / change.asked)
