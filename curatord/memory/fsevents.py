"""watchdog's FSEvents observer, made to tell of dropped events, which it passes over in silence (macOS).

The flags are those of `FSEventStreamEventFlags` in Apple's FSEvents.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.fsevents import FSEventsEmitter, FSEventsObserver

if TYPE_CHECKING:
    from collections.abc import Callable

    from watchdog.observers.api import EventQueue, ObservedWatch

# FSEvents tells nothing of closing a file, so each write counts; the settle window folds them.
EVENTS: tuple[type[FileSystemEvent], ...] = (
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
)

_LOSS_FLAGS = ("must_scan_subdirs", "is_user_dropped", "is_kernel_dropped", "is_mount", "is_unmount")


class Observer(FSEventsObserver):
    """Calls `on_loss(directory)`, from watchdog's threads, when events below a watched one were dropped."""

    def __init__(
        self,
        on_loss: Callable[[str | None], None],
        on_unwatched: Callable[[str, OSError], None],  # noqa: ARG002 - there are no blind spots
    ) -> None:
        BaseObserver.__init__(self, _Emitter, on_loss=on_loss)

    def is_listening(self) -> bool:
        """Tell whether the thread that dispatches events is alive."""
        return self.is_alive()


class _Emitter(FSEventsEmitter):
    def __init__(
        self,
        event_queue: EventQueue,
        watch: ObservedWatch,
        *,
        on_loss: Callable[[str | None], None],
        **options: Any,  # noqa: ANN401 - handed on to watchdog as they came
    ) -> None:
        super().__init__(event_queue, watch, **options)
        self._on_loss = on_loss

    def queue_events(  # type: ignore[override]  # watchdog's own emitter adds the argument
        self, timeout: float, events: list[Any]
    ) -> None:
        # watchdog empties the list, so it is looked at first.
        lost = any(getattr(event, flag) for event in events for flag in _LOSS_FLAGS)
        try:
            super().queue_events(timeout, events)
        except Exception:
            lost = True  # watchdog logs it and goes on with the next events; these are gone
            raise
        finally:
            if lost:
                self._on_loss(self.watch.path)


def current_limit(of: Literal["watches", "instances"]) -> int:
    """Return 0: FSEvents has no limit that a user could raise."""
    del of
    return 0
