"""Cron expressions in local time, on ordinary days and on those when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord import settings_file
from curatord.cron import Cron
from curatord.errors import ConfigurationError

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
ZONES = (BERLIN, LORD_HOWE, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Kolkata"))


def local(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> datetime:
    """Return a local time as a moment."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def following(expression: str, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """Return the next due times after a local time, as clocks show them."""
    cron, moment, found = Cron.parse(expression, zone), local(start, zone), []
    for _ in range(count):
        due = cron.next_after(moment)
        assert due is not None
        moment = due
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M %Z}")
    return found


def test_a_time_of_day_comes_every_day() -> None:
    """The default: half past two."""
    assert following("30 2 * * *", "2026-11-23T12:00", 2) == ["11-24 02:30 CET", "11-25 02:30 CET"]


def test_a_due_time_is_not_its_own_successor() -> None:
    """What is answered is over."""
    assert following("30 2 * * *", "2026-11-23T02:30", 1) == ["11-24 02:30 CET"]


def test_a_time_that_the_clocks_skip_comes_at_the_end_of_the_gap() -> None:
    """At two it becomes three."""
    assert following("30 2 * * *", "2026-03-28T12:00", 2) == ["03-29 03:00 CEST", "03-30 02:30 CEST"]


def test_several_times_in_the_gap_come_once() -> None:
    """Every quarter of an hour from two to three is one moment."""
    found = following("*/15 2 * * *", "2026-03-28T12:00", 2)
    assert found == ["03-29 03:00 CEST", "03-30 02:00 CEST"]


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    """The first time; APScheduler's own answer is twice."""
    assert following("30 2 * * *", "2026-10-24T12:00", 2) == ["10-25 02:30 CEST", "10-26 02:30 CET"]


def test_several_times_of_a_repeated_hour_come_once_each() -> None:
    """APScheduler's own answer goes round in circles."""
    found = following("*/30 * * * *", "2026-10-25T01:30", 4)
    assert found == ["10-25 02:00 CEST", "10-25 02:30 CEST", "10-25 03:00 CET", "10-25 03:30 CET"]


def test_half_an_hour_of_gap_is_a_gap_too() -> None:
    """Lord Howe Island goes from 02:00 to 02:30."""
    assert following("15 2 * * *", "2026-10-03T12:00", 1, LORD_HOWE) == ["10-04 02:30 +11"]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", "Sun"),
        ("7", "Sun"),
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("5-7", "Fri Sat Sun"),
        ("*/2", "Sun Tue Thu Sat"),
        ("1-5/2", "Mon Wed Fri"),
        ("4/2", "Thu Sat"),
        ("sat,SUN", "Sat Sun"),
        ("mon-wed", "Mon Tue Wed"),
    ],
)
def test_days_of_the_week_are_those_of_crontab(field: str, days: str) -> None:
    """Zero is Sunday, not Monday as APScheduler counts."""
    cron, moment, found = Cron.parse(f"0 3 * * {field}", BERLIN), local("2026-11-22T00:00"), set()
    while (moment := cron.next_after(moment) or moment) < local("2026-11-29T00:00"):
        found.add(f"{moment.astimezone(BERLIN):%a}")
    assert found == set(days.split())


def test_a_day_of_the_month_or_one_of_the_week_will_do() -> None:
    """crontab(5): where both are given, either matches."""
    assert following("0 3 25 * fri", "2026-11-23T12:00", 3) == ["11-25 03:00 CET", "11-27 03:00 CET", "12-04 03:00 CET"]


@pytest.mark.parametrize(
    "expression", ["", "30 2 * *", "61 2 * * *", "x 2 * * *", "0 0 30 2 *", "0 0 * * 8", "0 0 * * 5-1", "0 0 * * */0"]
)
def test_what_means_no_time_is_refused(expression: str) -> None:
    """The thirtieth of February included."""
    with pytest.raises(ValueError, match=r"."):
        Cron.parse(expression)


def test_a_schedule_that_means_no_time_is_a_mistake_in_the_configuration() -> None:
    """Told before the daemon starts, with the key and the reason."""
    with pytest.raises(ConfigurationError, match=r"training\.schedule.*maximum value"):
        settings_file.parse(b'[training]\nschedule = "61 2 * * *"', Path("c.toml"))


def test_without_a_zone_the_system_s_is_meant() -> None:
    """Whatever it is here, the clock then shows the time of the expression."""
    due = Cron.parse("30 12 * * *").next_after(datetime(2026, 11, 23, tzinfo=UTC))
    assert due is not None
    assert f"{due.astimezone():%H:%M}" == "12:30"


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 0 * * *", "15,45 1-3 * * *", "59 23 1 * 1"]),
    st.integers(0, 366 * 24 * 60),
)
def test_due_times_come_in_order_and_as_the_clock_shows_them(zone: ZoneInfo, expression: str, minute: int) -> None:
    """In every zone, around every change of clocks; a time that is skipped is the one exception."""
    cron, moment = Cron.parse(expression, zone), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = [moment]
    for _ in range(8):
        due = cron.next_after(found[-1])
        assert due is not None
        found.append(due)
    assert all(before < after for before, after in pairwise(found))
    for due in found[1:]:
        shown = due.astimezone(zone)
        before = (due - timedelta(seconds=1)).astimezone(zone)
        changed = shown.utcoffset() != before.utcoffset()
        triggers = cron.triggers
        wall = shown.replace(tzinfo=UTC, fold=0)
        assert changed or any(trigger.get_next_fire_time(None, wall) == wall for trigger in triggers)
