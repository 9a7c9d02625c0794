"""What happens by the clock: looking at the disk again, noticing lost watches, noticing that the machine slept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import TYPE_CHECKING

from apscheduler.schedulers.background import BackgroundScheduler

if TYPE_CHECKING:
    from collections.abc import Callable

WATCH_CHECK_SECONDS = 2.0
HEARTBEAT_SECONDS = 30.0
RETRY_SECONDS = 30.0


class SleepDetector:
    """Tells when the machine has slept: the wall clock went on while the monotonic clock stood still.

    A wall clock that was set forward looks the same, and costs one needless look at the disk.
    """

    def __init__(self, wall: float, ticks: float, tolerance: float = 10.0) -> None:
        """Start from a reading of both clocks, in seconds."""
        self._wall = wall
        self._ticks = ticks
        self._tolerance = tolerance

    def slept(self, wall: float, ticks: float) -> float:
        """Return for how many seconds the machine slept since the last call; 0 where it did not."""
        gap = (wall - self._wall) - (ticks - self._ticks)
        self._wall, self._ticks = wall, ticks
        return gap if gap > self._tolerance else 0.0


class Clock:
    """The daemon's timers, in one background thread.

    `beat` is called every half minute, so that nothing waits longer for a change of the clocks or for the machine.
    """

    def __init__(
        self,
        *,
        rescan_seconds: float,
        rescan: Callable[[], object],
        check_watches: Callable[[], None],
        woke_up: Callable[[float], None],
        beat: Callable[[], None],
    ) -> None:
        """Set up the timers; `start` lets them run."""
        self._rescan = rescan
        self._woke_up = woke_up
        self._on_beat = beat
        self._wakes_at: datetime | None = None
        self._sleep = SleepDetector(time(), monotonic())
        # A timer missed while the machine slept is made up once, however late: APScheduler's own grace is one second.
        self._scheduler = BackgroundScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_job(rescan, "interval", seconds=rescan_seconds, id="rescan")
        self._scheduler.add_job(check_watches, "interval", seconds=WATCH_CHECK_SECONDS, id="watches")
        self._scheduler.add_job(self._beat, "interval", seconds=HEARTBEAT_SECONDS, id="heartbeat")

    def start(self) -> None:
        """Let the timers run."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop the timers without waiting for a job in hand."""
        self._scheduler.shutdown(wait=False)

    def set_rescan(self, seconds: float) -> None:
        """Change how often the disk is looked at."""
        self._scheduler.reschedule_job("rescan", trigger="interval", seconds=seconds)

    def retry_soon(self) -> None:
        """Look at the disk once in half a minute, after something failed."""
        due = datetime.now(UTC) + timedelta(seconds=RETRY_SECONDS)
        self._scheduler.add_job(self._rescan, "date", run_date=due, id="retry", replace_existing=True)

    def wake_at(self, moment: datetime) -> None:
        """Beat at a moment besides; a later call takes the place of an earlier one."""
        if moment != self._wakes_at:
            self._wakes_at = moment
            self._scheduler.add_job(self._on_beat, "date", run_date=moment, id="wake", replace_existing=True)

    def _beat(self) -> None:
        self._on_beat()
        if slept := self._sleep.slept(time(), monotonic()):
            self._scheduler.wakeup()
            self._woke_up(slept)
