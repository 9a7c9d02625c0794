"""Messages for a thread that does everything itself: others tell it something, or ask and wait for the answer."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from curatord.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_TO_ANSWER = 20.0

T = TypeVar("T")


class Mailbox:
    """Callables, each called by the thread that takes it: the `keeper`, whom `wake` tells that something has come."""

    def __init__(self, keeper: str, wake: Callable[[], None] = lambda: None) -> None:
        """Hold nothing yet."""
        self._keeper = keeper
        self._wake = wake
        self._queue: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    def tell(self, message: Callable[[], object]) -> None:
        """Leave a message and go on."""
        self._queue.put(message)

    def ask(self, order: Callable[[], T]) -> T:
        """Leave an order and return, or raise, what comes of it; BusyError when nobody takes it in time."""
        answer: Future[T] = Future()

        def obey() -> None:
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(order())
                except Exception as error:  # noqa: BLE001  it is the asker's
                    answer.set_exception(error)

        self._queue.put(obey)
        self._wake()
        try:
            return answer.result(SECONDS_TO_ANSWER)
        except TimeoutError as error:
            answer.cancel()
            raise BusyError(f"{self._keeper} is busy.", hint="Try again.") from error

    def take(self, timeout: float | None) -> bool:
        """Wait for a message and call it; return whether one came in time (None: one does)."""
        try:
            message = self._queue.get(timeout=timeout)
        except queue.Empty:
            return False
        message()
        return True
