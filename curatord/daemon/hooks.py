"""`[[hooks]]`: a command of the user's is run when something has happened.

Whatever a hook does, the daemon goes on: each waits for its turn in a thread of its own, is ended when its time is
over, and a failure is a warning in the log.
"""

from __future__ import annotations

import os
import queue
import re
import threading
from contextlib import ExitStack, suppress
from time import monotonic
from typing import TYPE_CHECKING

from curatord.daemon.hook_process import HookProcess
from curatord.daemon.turns import Turns
from curatord.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curatord.config import Hook
    from curatord.daemon.events import Event, Events

SECONDS_TO_STOP = 3.0

# What the daemon publishes when that which a hook waits for has happened.
_EVENTS = {
    "shards_written": "shards_written",
    "run_done": "run_finished",
    "run_failed": "run_finished",
    "run_cancelled": "run_finished",
    "promoted": "promoted",
    "gap_found": "gap_found",
}

log = get_logger("hooks")


class Hooks:
    """Runs the hooks from `start` to `stop`: the events of one hook one after the other, different hooks side by side.

    `use` may be called from any thread.
    """

    def __init__(self, events: Events, hooks: tuple[Hook, ...]) -> None:
        """Take the hooks; nothing is heard before `start`."""
        self._events = events
        self._stopping = threading.Event()
        self._turns = tuple(_Runs(hook, events, self._stopping) for hook in hooks)
        self._replaced: tuple[_Runs, ...] = ()
        self._listening = ExitStack()
        self._queue: queue.Queue[Event | None] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, name="hooks", daemon=True)

    def start(self) -> None:
        """Listen from now on."""
        self._queue = self._listening.enter_context(self._events.listen())
        self._thread.start()

    def use(self, hooks: tuple[Hook, ...]) -> None:
        """Run other hooks from the next event on; one that goes on as it was keeps what waits for it."""
        left = list(self._turns)
        turns = []
        for hook in hooks:
            same = next((turn for turn in left if turn.hook == hook), None)
            if same is not None:
                left.remove(same)
            turns.append(same or _Runs(hook, self._events, self._stopping))
        self._turns = tuple(turns)
        for turn in left:
            turn.forget()
        self._replaced = tuple(turn for turn in (*self._replaced, *left) if turn.is_busy)

    def stop(self) -> None:
        """Listen no more, and end what runs; returns within a few seconds."""
        self._stopping.set()
        with suppress(queue.Full):  # then the thread has something to read, and sees that it is to stop
            self._queue.put_nowait(None)
        deadline = monotonic() + SECONDS_TO_STOP
        if self._thread.ident is not None:
            self._thread.join(SECONDS_TO_STOP)
        self._listening.close()
        for turn in (*self._turns, *self._replaced):
            turn.join(max(0.0, deadline - monotonic()))

    def _listen(self) -> None:
        while (event := self._queue.get()) is not None and not self._stopping.is_set():
            name = _EVENTS.get(event.event)
            for turn in self._turns:
                if turn.hook.on == name:
                    turn.add(event)


class _Runs(Turns["Event"]):
    """One hook and the events that wait for it."""

    def __init__(self, hook: Hook, events: Events, stopping: threading.Event) -> None:
        super().__init__(f"hook-{hook.on}", self._run_for, self._tell_missed, stopping)
        self.hook = hook
        self._events = events

    def _tell_missed(self, event: Event) -> None:
        log.warning("hook_skipped", on=self.hook.on, program=self.hook.command[0], number=event.number)

    def _run_for(self, event: Event) -> None:
        told = {"on": self.hook.on, "program": self.hook.command[0], "number": event.number}
        begun = monotonic()
        try:
            process = HookProcess.start(self.hook.command, {**os.environ, **_variables(self.hook.on, event)})
        except (OSError, ValueError) as error:  # ValueError: a NUL in the command
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._tell_failure(f"it cannot be started: {reason}", told)
            return
        failure = process.follow(self.hook.timeout_seconds, self._stopping)
        told |= {"seconds": round(monotonic() - begun, 2), "output": process.output}
        if failure is None:
            log.info("hook_done", **told)
        else:
            self._tell_failure(failure, told)

    def _tell_failure(self, reason: str, told: Mapping[str, object]) -> None:
        log.warning("hook_failed", reason=reason, **told)
        self._events.publish("hook_failed", on=self.hook.on, program=self.hook.command[0], reason=reason)


def _variables(on: str, event: Event) -> dict[str, str]:
    """Return what a hook is told of an event; of a run that is over, CURATORD_OUTCOME says how it ended."""
    variables = {"CURATORD_EVENT": on, "CURATORD_EVENT_TIME": event.time}
    if on == "run_finished":
        variables["CURATORD_OUTCOME"] = event.event.removeprefix("run_")
    for key, value in event.data.items():
        if isinstance(value, str | int | float):
            variables[f"CURATORD_{re.sub('[^A-Z0-9]', '_', key.upper())}"] = _text(value)
    return variables


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\0", "")  # which no variable can hold
