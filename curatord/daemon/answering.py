"""What the daemon needs of whatever answers its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Server(Protocol):
    """What answers clients; the daemon runs it and does not know how it is made."""

    async def serve(self, listening: Callable[[], None]) -> None:
        """Answer until stopped; `listening` is called when clients can be answered."""

    def stop(self) -> None:
        """End `serve` soon; called from the event loop."""
