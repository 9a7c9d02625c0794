"""What happens, for every page that is open: one watch over the daemon, told to all.

Messages are `daemon` (whether it answers, and why not), `status` (as `curatord status --json` has it, whenever it is
another one), and `event` (as `curatord events --json` has them).
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from curatord.errors import CuratordError, NotRunningError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.dashboard.relay import Daemon

POLL_SECONDS = 1.0  # between looks at the status
RETRY_SECONDS = 1.0  # between looks for a daemon that has gone
REMEMBERED = 80  # events that a page is told of when it opens
QUEUE = 256

Message = tuple[str, bytes]


class Feed:
    """Watches the daemon for as long as `watch` runs, and tells its listeners."""

    def __init__(self, daemon: Daemon) -> None:
        """Know nothing yet."""
        self._daemon = daemon
        self._listeners: list[asyncio.Queue[Message | None]] = []
        self._events: deque[Message] = deque(maxlen=REMEMBERED)
        self._standing: Message | None = None
        self._status: Message | None = None
        self._seen: dict[str, Any] = {}
        self._pid: int | None = None
        self._number = 0

    async def watch(self) -> None:
        """Follow the daemon until cancelled; when it goes, wait for it to return."""
        while True:
            try:
                await self._follow()
            except CuratordError as error:
                self._tell_standing(online=False, message=error.message, hint=error.hint)
            await asyncio.sleep(RETRY_SECONDS)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Message | None]]:
        """Give a queue of messages, beginning with how things stand; None in it means that the dashboard ends."""
        listener: asyncio.Queue[Message | None] = asyncio.Queue(QUEUE)
        for message in (self._standing, self._status, *self._events):
            if message is not None:
                listener.put_nowait(message)
        self._listeners.append(listener)
        try:
            yield listener
        finally:
            self._listeners.remove(listener)

    def close(self) -> None:
        """End every listener."""
        for listener in self._listeners:
            _put(listener, None)

    async def _follow(self) -> None:
        await self._look()
        self._tell_standing(online=True)
        looking = asyncio.create_task(self._look_again_and_again())
        try:
            async for event in self._daemon.stream(f"/v1/events?after={self._number}"):
                self._number = event["number"]
                self._tell_event(event)
                if event["event"] == "stopping":
                    break
        finally:
            looking.cancel()
        raise NotRunningError("curatord has stopped.", hint="Start it with `curatord run`.")

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self._look()
            except CuratordError:
                return  # the stream of events ends as well, and tells

    async def _look(self) -> None:
        """Ask for the status, and tell it where it has changed."""
        answer = await self._daemon.ask("GET", "/v1/status")
        status: dict[str, Any] = orjson.loads(answer.body)
        if "pid" not in status:
            raise CuratordError(status["error"]["message"], hint=status["error"]["hint"])
        if status["pid"] != self._pid:
            self._pid, self._number = status["pid"], 0
            self._events.clear()
        seen = {name: value for name, value in status.items() if name != "uptime_seconds"}
        if seen != self._seen:
            self._seen = seen
            self._status = ("status", answer.body)
            self._tell(self._status)

    def _tell_event(self, event: dict[str, Any]) -> None:
        message = ("event", orjson.dumps(event | {"pid": self._pid}))
        self._events.append(message)
        self._tell(message)

    def _tell_standing(self, *, online: bool, message: str = "", hint: str = "") -> None:
        standing = ("daemon", orjson.dumps({"online": online, "message": message, "hint": hint}))
        if standing != self._standing:
            self._standing = standing
            self._tell(standing)

    def _tell(self, message: Message) -> None:
        for listener in self._listeners:
            _put(listener, message)


def _put(listener: asyncio.Queue[Message | None], message: Message | None) -> None:
    if listener.full():
        listener.get_nowait()
    listener.put_nowait(message)
