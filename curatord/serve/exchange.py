"""Requests to a server on this machine, and replies as they come: HTTP/1.1 by h11 over asyncio connections."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from time import time
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

LOOPBACK = "127.0.0.1"
FAILURES = (OSError, h11.RemoteProtocolError)  # what a server that dies or talks nonsense ends in
_BLOCK = 65_536


class Upstream:
    """A server that requests can be handed to, and how many it has in hand."""

    def __init__(self, port: int, name: str) -> None:
        """Know the server on a loopback port; `name` is what clients are told of it."""
        self.port = port
        self.name = name
        self.since = int(time())
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request."""
        self._in_hand += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    async def drained(self, seconds: float) -> bool:
        """Wait until no request is in hand; return whether that came in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
        return not self._in_hand


class Reply:
    """The reply to one request: its head is there, its body is read as it comes."""

    def __init__(self, connection: h11.Connection, reader: asyncio.StreamReader) -> None:
        """Read from a connection over which the request was sent; `begin` comes first."""
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self._connection = connection
        self._reader = reader

    async def begin(self) -> None:
        """Wait for the head of the reply."""
        while not isinstance(event := await self._next(), h11.Response):
            pass  # 1xx: the reply proper follows
        self.status, self.headers = event.status_code, dict(event.headers)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces; raises one of FAILURES where it ends before its announced length."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def _next(self) -> h11.Event:
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            self._connection.receive_data(await self._reader.read(_BLOCK))
        if isinstance(event, h11.ConnectionClosed) or not isinstance(event, h11.Event):
            raise h11.RemoteProtocolError("the connection was closed before a reply")
        return event


@asynccontextmanager
async def exchange(port: int, method: str, target: str, body: bytes = b"") -> AsyncIterator[Reply]:
    """Send a request, with a body of JSON if any, and give the reply once its head is there.

    Leaving the context closes the connection, which tells the server that nobody listens any more. Raises one of
    FAILURES where nobody listens there or the connection breaks.
    """
    connection = h11.Connection(h11.CLIENT)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        headers = [("Host", f"{LOOPBACK}:{port}"), ("Connection", "close")]
        if body:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        for event in (h11.Request(method=method, target=target, headers=headers), h11.Data(body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        reply = Reply(connection, reader)
        await reply.begin()
        yield reply
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def is_healthy(port: int, seconds: float = 5.0) -> bool:
    """Tell whether the server on a port says that it is well."""
    try:
        async with asyncio.timeout(seconds), exchange(port, "GET", "/health") as reply:
            return reply.status == 200
    except (TimeoutError, *FAILURES):
        return False
