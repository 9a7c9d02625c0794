"""The ingest thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from curatord.daemon.loop import IngestLoop, Turn
from curatord.memory.settle import Hint, SettleWindow

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recorder:
    """Writes down the turns of a loop and can be made to fail."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.failures: list[Exception] = []
        self.warmed = threading.Event()
        self.worked = threading.Condition()
        self.fail = False

    def work(self, turn: Turn) -> None:
        """Note the turn."""
        with self.worked:
            self.turns.append(turn)
            self.worked.notify_all()
        if self.fail:
            raise OSError(28, "No space left on device")

    def wait_for(self, count: int) -> None:
        """Wait until there have been so many turns."""
        with self.worked:
            assert self.worked.wait_for(lambda: len(self.turns) >= count, timeout=5)


@pytest.fixture
def recorder() -> Recorder:
    """What the loop does."""
    return Recorder()


@pytest.fixture
def loop(recorder: Recorder) -> Iterator[IngestLoop]:
    """A running loop with a short settle window, after its first pass."""
    running = IngestLoop(
        SettleWindow(0.05, 1.0),
        recorder.work,
        warm=recorder.warmed.set,
        idle=lambda: None,
        on_failure=recorder.failures.append,
    )
    running.start()
    recorder.wait_for(1)
    yield running
    assert running.stop(5)


def test_it_starts_with_a_look_at_everything(loop: IngestLoop, recorder: Recorder) -> None:
    """Nothing that happened while the daemon was down is missed."""
    assert loop.wait(1, 5)
    assert recorder.turns == [Turn(None, 1)]


def test_hints_become_one_turn_after_they_have_settled(loop: IngestLoop, recorder: Recorder) -> None:
    """A burst is one pass over the paths it named, and the workers are warmed at its first sign."""
    for path in ("b.md", "a.md", "b.md"):
        loop.add_hint(Hint("knowledge", path))
    recorder.wait_for(2)
    assert recorder.warmed.is_set()
    assert recorder.turns[1:] == [Turn({"knowledge": ("a.md", "b.md")}, 0)]
    assert loop.settling == 0


def test_a_nudge_is_a_turn_that_looks_at_nothing(loop: IngestLoop, recorder: Recorder) -> None:
    """Others have something for the store, and the disk has not changed."""
    loop.nudge()
    recorder.wait_for(2)
    assert recorder.turns[1:] == [Turn({}, 0)]


def test_a_request_does_not_wait_for_quiet(loop: IngestLoop, recorder: Recorder) -> None:
    """A sync looks at everything at once and takes the waiting hints with it."""
    loop.add_hint(Hint("knowledge", "a.md"))
    number = loop.request()
    assert loop.wait(number, 5)
    assert recorder.turns[-1] == Turn(None, number)


def test_a_pass_that_fails_is_reported_and_the_loop_goes_on(loop: IngestLoop, recorder: Recorder) -> None:
    """A full disk in one pass does not end the thread."""
    recorder.fail = True
    assert not loop.wait(loop.request(), 5), "who waited is told that it failed"
    recorder.fail = False
    assert loop.wait(loop.request(), 5)
    assert [type(error) for error in recorder.failures] == [OSError]


def test_waiting_has_a_limit(loop: IngestLoop) -> None:
    """A wait for what has not been asked for ends with its time."""
    assert not loop.wait(99, 0.05)


def test_stopping_releases_those_who_wait(recorder: Recorder) -> None:
    """A client that waits for a sync is not left hanging when the daemon stops."""
    loop = IngestLoop(
        SettleWindow(1, 1), recorder.work, warm=lambda: None, idle=lambda: None, on_failure=recorder.failures.append
    )
    loop.start()
    released = threading.Event()

    def wait() -> None:
        loop.wait(99)
        released.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    loop.begin_to_stop()
    assert released.wait(5)
    assert loop.stop(5)
    waiter.join()
