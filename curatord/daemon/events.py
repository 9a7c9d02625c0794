"""What happens, as it happens: a bounded history and live streams for those who listen."""

from __future__ import annotations

import queue
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HISTORY = 256
LISTENER_QUEUE = 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: a running number, its name, when, and the ids and counts it speaks of."""

    number: int
    event: str
    time: str
    data: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the event as it goes over the socket."""
        return asdict(self)


class Events:
    """A bus: any thread publishes, any thread listens; a listener too slow to follow loses its oldest events."""

    def __init__(self) -> None:
        """Start with an empty history."""
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._history: deque[Event] = deque(maxlen=HISTORY)
        self._listeners: list[queue.Queue[Event | None]] = []
        self._observers: list[Callable[[Event], None]] = []

    def observe(self, heed: Callable[[Event], None]) -> None:
        """Have every event from now on given to `heed`, in the thread that publishes it: it must return at once.

        Unlike a listener an observer needs no thread that waits, and misses nothing.
        """
        with self._lock:
            self._observers.append(heed)

    def publish(self, event: str, **data: object) -> None:
        """Tell everyone that something happened."""
        with self._lock:
            item = Event(next(self._numbers), event, datetime.now(UTC).isoformat(timespec="milliseconds"), data)
            self._history.append(item)
            for listener in self._listeners:
                _put(listener, item)
            observers = self._observers[:]
        for heed in observers:
            heed(item)

    def close(self) -> None:
        """End every stream."""
        with self._lock:
            for listener in self._listeners:
                _put(listener, None)

    @contextmanager
    def listen(self, *, after: int | None = None) -> Iterator[queue.Queue[Event | None]]:
        """Give a queue of events: those to come, preceded by the history after a number where one is given.

        None in the queue means that the daemon is stopping.
        """
        listener: queue.Queue[Event | None] = queue.Queue(LISTENER_QUEUE)
        with self._lock:
            if after is not None:
                for event in self._history:
                    if event.number > after:
                        _put(listener, event)
            self._listeners.append(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.remove(listener)


def _put(listener: queue.Queue[Event | None], item: Event | None) -> None:
    if listener.full():
        listener.get_nowait()
    listener.put_nowait(item)
