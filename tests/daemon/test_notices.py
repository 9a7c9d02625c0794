"""What the desktop is told, and by which command."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from curatord.config_keeping import Notifications, Topic
from curatord.daemon.events import Event, Events
from curatord.daemon.notices import Notice, command_for, notice_of
from curatord.daemon.notifier import Notifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALL: tuple[Topic, ...] = get_args(Topic)
EXAM: dict[str, object] = {"run": "r1", "adapter": "a1", "asked": 50, "right_before": 20, "right": 34}


def event(name: str, **data: object) -> Event:
    """Return an event."""
    return Event(1, name, "2026-11-01T00:00:00.000+00:00", data)


@pytest.mark.parametrize(
    ("happened", "topic", "text"),
    [
        (event("run_done", run="r1", reason="x"), "run_finished", "Run r1 is done."),
        (event("run_cancelled", run="r1"), "run_finished", "Run r1 is over."),
        (event("run_failed", run="r1"), "failed", "Run r1: `curatord runs show r1` tells why."),
        (event("promoted", **EXAM), "promoted", "Adapter a1: 34 of 50 exam questions right, 20 before it."),
        (event("promoted", adapter="a1", reason="asked for"), "promoted", "Adapter a1."),
        (event("root_lost", root="knowledge", trouble="missing"), "problem", "The memory root knowledge is missing."),
        (event("deletions_held", root="knowledge"), "problem", "run `curatord confirm-deletes`"),
        (event("pass_failed", error="x"), "problem", "`curatord status` tells why."),
        (event("reload_refused", reason="x"), "problem", "`curatord config check`"),
    ],
)
def test_each_event_has_its_topic_and_its_text(happened: Event, topic: Topic, text: str) -> None:
    """Told where that topic is wanted, and only there."""
    notice = notice_of(happened, [topic])
    assert notice is not None
    assert notice.topic == topic
    assert notice.title.startswith("curatord: ")
    assert text in notice.text
    assert notice_of(happened, [other for other in ALL if other != topic]) is None


def test_by_default_nothing_is_told() -> None:
    """It is off."""
    assert notice_of(event("run_failed", run="r1"), Notifications().on) is None


@pytest.mark.parametrize("name", ["pass", "shards_written", "run_started", "hook_failed", "started", "gap_found"])
def test_what_happens_all_the_time_is_not_told(name: str) -> None:
    """Nor is what nobody can do anything about."""
    assert notice_of(event(name), ALL) is None


@given(
    name=st.sampled_from(["run_done", "run_failed", "pass_failed", "deletions_held", "reload_refused", "root_lost"]),
    said=st.text(min_size=12),
)
def test_what_an_error_says_is_never_told(name: str, said: str) -> None:
    """It may quote a note."""
    data = {"run": "r1", "root": "knowledge", "trouble": "missing"}
    plain, with_reasons = (
        notice_of(event(name, **data, **more), ALL) for more in ({}, {"reason": said, "error": said})
    )
    assert plain == with_reasons


@given(run=st.text())
def test_whatever_an_id_holds_the_text_is_one_short_printable_line(run: str) -> None:
    """Also where a file was tampered with."""
    notice = notice_of(event("run_done", run=run), ALL)
    assert notice is not None
    assert notice.text.isprintable()
    assert len(notice.text) < 200


TOLD = Notice("failed", "a 'title'", '$(rm -rf ~); "x" & <b>')


def test_text_is_a_word_of_its_own_on_every_platform() -> None:
    """No script and no shell line is made of it; what notify-send takes for markup is written as text."""
    mac = command_for(TOLD, (), "darwin")
    assert mac[0] == "/usr/bin/osascript"
    assert mac[-2:] == (TOLD.title, TOLD.text)
    assert not any("rm -rf" in word for word in mac[:-1])
    linux = command_for(TOLD, (), "linux")
    assert linux == ("notify-send", "--app-name=curatord", "--", TOLD.title, '$(rm -rf ~); "x" &amp; &lt;b&gt;')
    assert command_for(TOLD, ("mine", "-x"), "darwin") == ("mine", "-x", TOLD.title, TOLD.text)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what must come soon."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sending(script: str, *arguments: object, on: tuple[Topic, ...] = ALL, seconds: float = 20.0) -> Notifications:
    """Return settings that have Python run a script with title and text as its last arguments."""
    command = (sys.executable, "-c", script, *map(str, arguments))
    return Notifications(on=on, command=command, timeout_seconds=seconds)


APPEND = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + '|' + sys.argv[3] + '\\n')"


def test_notices_are_sent_by_a_real_command_one_after_the_other(tmp_path: Path) -> None:
    """Each once, in order."""
    events, notifier = Events(), Notifier(sending(APPEND, tmp_path / "told"))
    events.observe(notifier.heed)
    for number in range(3):
        events.publish("run_done", run=f"r{number}")
        events.publish("pass")
    wait_until(lambda: (tmp_path / "told").exists() and len((tmp_path / "told").read_text().splitlines()) == 3)
    notifier.stop()
    expected = [f"curatord: training has finished|Run r{number} is done." for number in range(3)]
    assert (tmp_path / "told").read_text().splitlines() == expected


def test_other_settings_count_from_the_next_event_on(tmp_path: Path) -> None:
    """Off is off."""
    events, notifier = Events(), Notifier(sending(APPEND, tmp_path / "told"))
    events.observe(notifier.heed)
    notifier.use(Notifications())
    events.publish("run_done", run="r1")
    notifier.use(sending(APPEND, tmp_path / "told", on=("failed",)))
    events.publish("run_done", run="r2")
    events.publish("run_failed", run="r3")
    wait_until((tmp_path / "told").exists)
    notifier.stop()
    assert "Run r3" in (tmp_path / "told").read_text()


@pytest.mark.parametrize(
    ("command", "reason"),
    [(("/nonexistent/program",), "No such file"), ((sys.executable, "-c", "raise SystemExit(3)"), "exit code 3")],
)
def test_a_failure_is_a_warning_and_the_next_notice_is_sent(command: tuple[str, ...], reason: str) -> None:
    """Nothing else comes of it."""
    with capture_logs() as logged:
        events, notifier = Events(), Notifier(Notifications(on=ALL, command=command))
        events.observe(notifier.heed)
        for _ in range(2):
            events.publish("run_done", run="r1")
        wait_until(lambda: len(logged) == 2)
        notifier.stop()
    assert {entry["event"] for entry in logged} == {"notification_failed"}
    assert all(reason in entry["reason"] for entry in logged)


def test_a_command_that_hangs_holds_up_neither_events_nor_the_end() -> None:
    """It is ended when the daemon ends."""
    events, notifier = Events(), Notifier(sending("import time; time.sleep(600)", seconds=600))
    events.observe(notifier.heed)
    began = time.monotonic()
    for _ in range(100):
        events.publish("run_done", run="r1")
    assert time.monotonic() - began < 1
    notifier.stop()
    assert time.monotonic() - began < 3


def test_a_command_that_takes_too_long_is_ended() -> None:
    """By the settings' measure."""
    with capture_logs() as logged:
        events, notifier = Events(), Notifier(sending("import time; time.sleep(600)", seconds=0.3))
        events.observe(notifier.heed)
        events.publish("run_done", run="r1")
        wait_until(lambda: any(entry["event"] == "notification_failed" for entry in logged))
        notifier.stop()
    assert "ended after 0.3 s" in logged[-1]["reason"]
