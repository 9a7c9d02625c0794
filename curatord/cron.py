"""When a cron expression comes due in local time, each time of day once: also on days that skip or repeat an hour.

APScheduler finds the times in a calendar that knows no daylight saving; asked in a local zone, it returns a time of
a repeated hour twice, and runs in circles where the expression has more than one such time.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apscheduler.triggers.cron import CronTrigger

_FIELDS = 5
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression as crontab(5) has it: five fields, Sunday is 0 or 7, and of two kinds of days either will do.

    Times are those of `zone`, the system's where it is None. One that falls into an hour that the clocks skip comes
    due at the end of the gap; one in an hour that they repeat, the first time.
    """

    expression: str
    triggers: tuple[Any, ...] = field(compare=False, repr=False)
    zone: tzinfo | None = None

    @classmethod
    def parse(cls, expression: str, zone: tzinfo | None = None) -> Cron:
        """Return the times an expression means; raises ValueError where it means none."""
        fields = expression.lower().split()
        if len(fields) != _FIELDS:
            raise ValueError("should have five fields: minute, hour, day of month, month, day of week")
        fields[_DAY_OF_WEEK] = _days_by_name(fields[_DAY_OF_WEEK])
        cron = cls(expression, tuple(_trigger(variant) for variant in _either_day(fields)), zone)
        if cron.next_after(datetime.now(UTC)) is None:
            raise ValueError("names a day that never comes")
        return cron

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after another at which the expression comes due, in UTC; None: never."""
        local = to_local(moment, self.zone)
        while (local_due := self._next_local(local)) is not None:
            due = to_instant(local_due, self.zone)
            if due > moment:
                return due
            local = local_due  # of an hour that is passing for the second time
        return None

    def _next_local(self, local: datetime) -> datetime | None:
        after = (local + _INSTANT).replace(tzinfo=UTC)
        found = [time for trigger in self.triggers if (time := trigger.get_next_fire_time(None, after)) is not None]
        return min(found).replace(tzinfo=None) if found else None


def to_local(moment: datetime, zone: tzinfo | None) -> datetime:
    """Return what clocks in a zone show at a moment, without a zone; None stands for the system's."""
    return moment.astimezone(zone).replace(tzinfo=None)


def to_instant(local: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment, in UTC, at which clocks first show a time or, where they skip it, go past it."""
    earlier, later = sorted(_instant(local, zone, fold) for fold in (0, 1))
    if to_local(earlier, zone) == local.replace(fold=0):
        return earlier
    # Skipped: of the two readings of such a time (PEP 495) one lies before the change of clocks, one after it.
    offset = _offset(later, zone)
    minutes = range(int((later - earlier).total_seconds() // 60) + 1)
    first = bisect_left(minutes, True, key=lambda minute: _offset(earlier + timedelta(minutes=minute), zone) == offset)
    return earlier.replace(second=0) + timedelta(minutes=first)


def _instant(local: datetime, zone: tzinfo | None, fold: int) -> datetime:
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _offset(moment: datetime, zone: tzinfo | None) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _trigger(fields: list[str]) -> Any:  # noqa: ANN401  APScheduler has no types
    return CronTrigger.from_crontab(" ".join(fields), timezone=UTC)


def _either_day(fields: list[str]) -> list[list[str]]:
    """Return the fields once for each kind of day: crontab(5) takes either, APScheduler wants both."""
    if any(fields[place].startswith("*") for place in (_DAY_OF_MONTH, _DAY_OF_WEEK)):
        return [fields]
    return [[*fields[:place], "*", *fields[place + 1 :]] for place in (_DAY_OF_MONTH, _DAY_OF_WEEK)]


def _days_by_name(field: str) -> str:
    """Return days of the week by name: APScheduler's numbers begin with Monday."""
    return field if field == "*" else ",".join(name for part in field.split(",") for name in _names(part))


def _names(part: str) -> list[str]:
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span == "*":
        first, last, dash = "0", "6", "-"
    numbers = range(_day(first), (_day(last) if dash else _day("6") if step else _day(first)) + 1, int(step or 1))
    if not numbers:
        raise ValueError(f"{part!r} is no span of days of the week")
    return [_DAYS[number] for number in numbers]


def _day(text: str) -> int:
    if text.isdecimal() and int(text) < len(_DAYS):
        return int(text)
    if text in _DAYS:
        return _DAYS.index(text)
    raise ValueError(f"{text!r} is no day of the week")
