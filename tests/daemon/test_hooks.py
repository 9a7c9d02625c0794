"""Commands run when something has happened: they are told of it, take turns, and never hold up the daemon."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from structlog.testing import capture_logs

from curatord.config import Hook
from curatord.daemon.events import Events
from curatord.daemon.hook_process import KEPT_BYTES
from curatord.daemon.hooks import Hooks
from curatord.daemon.turns import MOST_WAITING
from tests.daemon.helpers import note
from tests.live import Live, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from structlog.typing import EventDict

PATIENCE = 20.0


def hook(script: str, *arguments: object, on: str = "shards_written", seconds: float = PATIENCE) -> Hook:
    """Return a hook that has the shell run a script; arguments are $1, $2, ... in it."""
    command = ["/bin/sh", "-c", script, "sh", *map(str, arguments)]
    return Hook.model_validate({"on": on, "command": command, "timeout_seconds": seconds})


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what must come soon."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class World:
    """A bus, the hooks that listen to it, and what they log."""

    events: Events
    hooks: Hooks
    logged: list[EventDict]

    def named(self, event: str) -> list[EventDict]:
        """Return the log's entries of one kind."""
        return [entry for entry in self.logged if entry["event"] == event]

    def wait_for(self, event: str, number: int = 1) -> EventDict:
        """Wait for so many log entries of a kind and return the last."""
        wait_until(lambda: len(self.named(event)) >= number)
        return self.named(event)[-1]


@contextmanager
def listening(*hooks: Hook) -> Iterator[World]:
    """Listen with hooks for the length of a block."""
    events = Events()
    with capture_logs() as logged:
        world = World(events, Hooks(events, hooks), logged)
        world.hooks.start()
        try:
            yield world
        finally:
            world.hooks.stop()


def test_a_hook_is_told_of_the_event_in_its_environment() -> None:
    """Plain values only, under upper-case names; lists, tables and nothing are left out."""
    script = 'echo "$CURATORD_EVENT|$CURATORD_GENERATION|$CURATORD_LAST_NOTE|$CURATORD_IS_ALL|${CURATORD_SHARDS-none}"'
    with listening(hook(script)) as world:
        data: dict[str, Any] = {"last-note": "a b\0.md", "is_all": True, "shards": ["x"]}
        world.events.publish("shards_written", generation=7, **data)
        done = world.wait_for("hook_done")
    assert done["output"] == "shards_written|7|a b.md|true|none"


def test_a_hook_is_told_when_it_happened_and_keeps_the_daemons_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is the event's own."""
    monkeypatch.setenv("HOOKS_ARE_TESTED", "yes")
    with listening(hook('echo "$HOOKS_ARE_TESTED $CURATORD_EVENT_TIME"')) as world, world.events.listen() as queue:
        world.events.publish("shards_written")
        event = queue.get()
        done = world.wait_for("hook_done")
    assert event is not None
    assert done["output"] == f"yes {event.time}"


@pytest.mark.parametrize("outcome", ["done", "failed", "cancelled"])
def test_a_run_is_finished_however_it_ends(outcome: str) -> None:
    """The hook is told how."""
    script = 'echo "$CURATORD_EVENT $CURATORD_OUTCOME $CURATORD_RUN"'
    with listening(hook(script, on="run_finished")) as world:
        world.events.publish(f"run_{outcome}", run="r1", reason="why")
        assert world.wait_for("hook_done")["output"] == f"run_finished {outcome} r1"


@pytest.mark.parametrize(("on", "data"), [("promoted", {"adapter": "a1", "run": "r1"}), ("gap_found", {"gaps": 3})])
def test_promotions_and_gaps_can_be_waited_for(on: str, data: dict[str, Any]) -> None:
    """With their ids and counts."""
    with listening(hook('echo "$CURATORD_ADAPTER$CURATORD_RUN$CURATORD_GAPS"', on=on)) as world:
        world.events.publish(on, **data)
        assert world.wait_for("hook_done")["output"] == "".join(map(str, data.values()))


def test_a_hook_runs_for_no_other_event() -> None:
    """Neither for those of other hooks, nor for those that no hook can wait for."""
    with listening(hook("echo mine"), hook("echo other", on="promoted")) as world:
        for name in ("pass", "run_started", "run_crashed", "stopping", "hook_failed", "shards_written"):
            world.events.publish(name)
        assert world.wait_for("hook_done")["output"] == "mine"
        assert len(world.named("hook_done")) == 1


def test_no_shell_reads_the_command() -> None:
    """What would be a command or a variable to a shell is an argument."""
    plain = Hook(on="shards_written", command=("printf", "%s", "$HOME; `id` && *"))
    with listening(plain) as world:
        world.events.publish("shards_written")
        assert world.wait_for("hook_done")["output"] == "$HOME; `id` && *"


def test_a_failure_is_logged_with_its_output_and_published_and_the_next_event_runs_again() -> None:
    """Standard error is part of the output."""
    script = 'echo told; echo wrong >&2; exit "$CURATORD_CODE"'
    with listening(hook(script)) as world, world.events.listen() as queue:
        world.events.publish("shards_written", code=3)
        failed = world.wait_for("hook_failed")
        assert (failed["log_level"], failed["reason"]) == ("warning", "it ended with exit code 3")
        assert failed["output"] == "told\nwrong"
        wait_until(lambda: queue.qsize() == 2)
        assert [event.event for event in (queue.get(), queue.get()) if event] == ["shards_written", "hook_failed"]
        world.events.publish("shards_written", code=0)
        world.wait_for("hook_done")


@pytest.mark.parametrize("program", ["/nonexistent/program", "nul\0inside"])
def test_a_program_that_cannot_be_started_is_a_failure(program: str) -> None:
    """And no more than that: other hooks run."""
    missing = Hook(on="shards_written", command=(program,))
    with listening(missing, hook("true")) as world:
        world.events.publish("shards_written")
        assert world.wait_for("hook_failed")["reason"].startswith("it cannot be started: ")
        world.wait_for("hook_done")


def test_a_hook_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """Also a child that does not heed the request to end."""
    script = """(trap '' TERM; while :; do sleep 0.1; done) & echo $! > "$1"; wait"""
    with listening(hook(script, tmp_path / "pid", seconds=0.5)) as world:
        world.events.publish("shards_written")
        failed = world.wait_for("hook_failed")
        assert failed["reason"] == "it was ended after 0.5 s"
        left = int((tmp_path / "pid").read_text())
        wait_until(lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE)


def test_a_hook_that_prints_without_end_is_ended_too() -> None:
    """Only the end of its output is kept."""
    with listening(hook("exec yes 0123456789", seconds=0.5)) as world:
        world.events.publish("shards_written")
        failed = world.wait_for("hook_failed")
    assert failed["reason"] == "it was ended after 0.5 s"
    assert KEPT_BYTES - 20 <= len(failed["output"]) <= KEPT_BYTES


def test_the_end_of_a_long_output_is_kept() -> None:
    """The last lines tell what went wrong."""
    with listening(hook("yes filler | head -c 300000; echo; echo the end")) as world:
        world.events.publish("shards_written")
        done = world.wait_for("hook_done")
    assert done["output"].endswith("the end")
    assert len(done["output"]) <= KEPT_BYTES


def test_what_a_hook_leaves_in_the_background_is_not_waited_for() -> None:
    """Though it holds the output open."""
    with listening(hook("sleep 30 & echo begun")) as world:
        world.events.publish("shards_written")
        done = world.wait_for("hook_done")
    assert done["output"] == "begun"
    assert done["seconds"] < 10


def test_a_hook_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    """Its exit code still counts."""
    with listening(hook('exec >&- 2>&-; sleep 0.3; touch "$1"; exit 4', tmp_path / "late")) as world:
        world.events.publish("shards_written")
        assert world.wait_for("hook_failed")["reason"] == "it ended with exit code 4"
    assert (tmp_path / "late").exists()


def test_one_hook_runs_for_one_event_at_a_time(tmp_path: Path) -> None:
    """In the order in which they happened."""
    script = 'echo "begin $CURATORD_N" >> "$1"; sleep 0.1; echo "end $CURATORD_N" >> "$1"'
    with listening(hook(script, tmp_path / "order")) as world:
        for number in (1, 2, 3):
            world.events.publish("shards_written", n=number)
        world.wait_for("hook_done", 3)
    assert (tmp_path / "order").read_text().splitlines() == [
        f"{what} {number}" for number in (1, 2, 3) for what in ("begin", "end")
    ]


def test_different_hooks_run_side_by_side(tmp_path: Path) -> None:
    """The first cannot end before the second has begun."""
    waiting = hook('while [ ! -e "$1" ]; do sleep 0.05; done', tmp_path / "sign")
    with listening(waiting, hook('touch "$1"', tmp_path / "sign")) as world:
        world.events.publish("shards_written")
        world.wait_for("hook_done", 2)


def test_a_hook_too_slow_to_follow_misses_the_oldest_events(tmp_path: Path) -> None:
    """Their number is bounded, and the log tells."""
    script = 'echo "$CURATORD_N" >> "$1"; while [ ! -e "$2" ]; do sleep 0.05; done'
    with listening(hook(script, tmp_path / "seen", tmp_path / "go")) as world:
        world.events.publish("shards_written", n=0)
        wait_until((tmp_path / "seen").exists)
        for number in range(1, MOST_WAITING + 3):
            world.events.publish("shards_written", n=number)
        world.wait_for("hook_skipped", 2)
        (tmp_path / "go").touch()
        world.wait_for("hook_done", MOST_WAITING + 1)
    assert (tmp_path / "seen").read_text().split() == [str(n) for n in (0, *range(3, MOST_WAITING + 3))]


def test_other_hooks_may_be_used_from_now_on(tmp_path: Path) -> None:
    """What runs ends as it would have, what waited for a hook that is gone is forgotten."""
    script = 'touch "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; echo old'
    old = hook(script, tmp_path / "begun", tmp_path / "go")
    with listening(old) as world:
        world.events.publish("shards_written")
        wait_until((tmp_path / "begun").exists)
        world.events.publish("shards_written")
        wait_until(lambda: len(world.hooks._turns[0]._waiting) == 1)
        world.hooks.use((hook("echo new"),))
        world.events.publish("shards_written")
        assert world.wait_for("hook_done")["output"] == "new"
        (tmp_path / "go").touch()
        assert world.wait_for("hook_done", 2)["output"] == "old"
        time.sleep(0.2)
        assert len(world.named("hook_done")) == 2


def test_a_hook_that_stays_keeps_what_waits_for_it(tmp_path: Path) -> None:
    """Only what has changed is changed."""
    staying = hook('while [ ! -e "$1" ]; do sleep 0.05; done', tmp_path / "go")
    with listening(staying) as world:
        for _ in range(3):
            world.events.publish("shards_written")
        wait_until(lambda: len(world.hooks._turns[0]._waiting) == 2)
        world.hooks.use((hook("true", on="promoted"), staying.model_copy()))
        (tmp_path / "go").touch()
        world.wait_for("hook_done", 3)


def test_stopping_ends_what_runs_quickly(tmp_path: Path) -> None:
    """Whatever it says to a request, and whatever waits."""
    script = """trap '' TERM; touch "$1"; while :; do sleep 0.1; done"""
    with listening(hook(script, tmp_path / "begun")) as world:
        world.events.publish("shards_written")
        world.events.publish("shards_written")
        wait_until((tmp_path / "begun").exists)
        begun = time.monotonic()
        world.hooks.stop()
        assert time.monotonic() - begun < 5
        assert world.wait_for("hook_failed")["reason"] == "curatord is stopping"
        assert not world.hooks._turns[0].is_busy


def test_hooks_that_never_started_can_be_stopped() -> None:
    """As when the daemon fails to start."""
    Hooks(Events(), (hook("true"),)).stop()


def toml(command: list[str], *, on: str = "shards_written") -> str:
    """Return a hook as the configuration file has it."""
    return f'[[hooks]]\non = "{on}"\ncommand = {command}\n'.replace("'", '"')


def test_a_daemon_runs_its_hooks_and_those_of_a_new_configuration(tmp_path: Path) -> None:
    """For shards it has written; the generation is the manifest's."""
    script = "echo $CURATORD_EVENT $CURATORD_GENERATION >> $1"
    with running(tmp_path, extra=toml(["sh", "-c", script, "sh", str(tmp_path / "first")])) as live:
        _wait_for_last_line(live, tmp_path / "first", "one", 8085)
        live.config.write_text(live.config.read_text().replace("/first", "/second"))
        live.command("reload")
        (tmp_path / "first").unlink()
        _wait_for_last_line(live, tmp_path / "second", "two", 9090)
        assert not (tmp_path / "first").exists()


def _wait_for_last_line(live: Live, file: Path, title: str, port: int) -> None:
    (live.memory / f"{title}.md").write_text(note(title.title(), port))
    live.sync()
    expected = f"shards_written {live.manifest()['generation']}"
    wait_until(lambda: file.exists() and file.read_text().splitlines()[-1:] == [expected])


def test_a_daemon_with_a_hook_that_hangs_works_on_and_stops_in_time(tmp_path: Path) -> None:
    """It ends with 0, and the failure is in its log."""
    hanging = toml(["sh", "-c", "touch $1; exec sleep 600", "sh", str(tmp_path / "begun")])
    with running(tmp_path, extra=hanging + toml(["/nonexistent"])) as live:
        (live.memory / "one.md").write_text(note("One"))
        live.sync()
        wait_until((tmp_path / "begun").exists)
        (live.memory / "two.md").write_text(note("Two"))
        live.sync()
        assert live.status()["documents"] == 2
        wait_until(lambda: "hook_failed" in live.command("logs", "--level", "warning").stdout)
        begun = time.monotonic()
        assert live.stop() == 0
        assert time.monotonic() - begun < 10
