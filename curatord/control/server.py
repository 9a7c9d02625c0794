"""The HTTP server on the control socket: uvicorn, for our own user alone, quiet and quick to stop."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from curatord import __version__
from curatord.control.peer import peer_uid
from curatord.errors import AccessError
from curatord.log import get_logger

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

CONNECTIONS = 16
BACKLOG = 128  # those beyond the limit are to be told so, which takes accepting them
SECONDS_TO_ASK = 10.0  # a connection that has not sent a whole request head by then is closed
SECONDS_TO_FINISH = 1  # for requests in hand when the server stops

log = get_logger("control")


class ControlServer:
    """Answers on a bound socket until it is stopped; made in any thread, run in one event loop."""

    def __init__(self, app: ASGIApp, control: socket.socket) -> None:
        """Take over a bound socket; it is listened on from `serve` on, and closed and unlinked after."""
        config = uvicorn.Config(
            app,
            http=PrivateProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            headers=[("Curatord-Version", __version__)],
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            backlog=BACKLOG,
        )
        self._control = control
        self._server = QuietServer(config)

    async def serve(self, listening: Callable[[], None] = lambda: None) -> None:
        """Answer until `stop`; requests in hand get a second to finish. `listening` is called when it begins."""
        path = self._control.getsockname()
        self._server.listening = listening
        try:
            await self._server.serve([self._control])
            await self._server.hang_up()
        finally:
            self._control.close()
            _unlink(path)

    def stop(self) -> None:
        """End `serve` soon; called in its event loop."""
        self._server.stop()


class PrivateProtocol(H11Protocol):
    """HTTP/1.1 for connections of our own user, of which there may be so many at a time."""

    # asyncio gives stream protocols a Transport; uvicorn says so too.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close connections of others, and those too many, before a byte is read."""
        super().connection_made(transport)
        if not _is_ours(transport):
            transport.abort()
        elif len(self.connections) > CONNECTIONS:
            transport.write(_TOO_MANY)
            transport.close()
        else:
            self.loop.call_later(SECONDS_TO_ASK, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.abort()


class QuietServer(uvicorn.Server):
    """A server without a tick: nothing here depends on the clock, and an idle daemon should stay asleep."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Take uvicorn's settings; nothing is listened on yet."""
        super().__init__(config)
        self._stopped = asyncio.Event()
        self.listening: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """End `serve` soon; called in its event loop."""
        self.should_exit = True
        self._stopped.set()

    async def hang_up(self) -> None:
        """Close the connections that had not come to an end in time."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # for the transports to let go of their sockets

    async def main_loop(self) -> None:
        """Tell that it has begun, and wait for `stop`."""
        self.listening()
        self.server_state.default_headers = self.config.encoded_headers
        await self._stopped.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon."""
        yield


def _is_ours(transport: asyncio.Transport) -> bool:
    connection = cast("socket.socket", transport.get_extra_info("socket"))
    try:
        uid = peer_uid(connection)
    except AccessError as error:
        log.warning("peer_unknown", reason=error.message)
        return False
    if uid != os.getuid():
        log.warning("peer_refused", uid=uid)
        return False
    return True


def _unlink(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108  the name as the kernel gave it
    except FileNotFoundError:
        log.warning("socket_was_gone", path=path)


_TOO_MANY_BODY = b'{"error":{"code":75,"message":"Too many commands talk to curatord at once.","hint":"Try again."}}'
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Curatord-Version: %s\r\nContent-Length: %d\r\n\r\n%s"
    % (__version__.encode(), len(_TOO_MANY_BODY), _TOO_MANY_BODY)
)
