"""The daemon as the dashboard asks it: HTTP over its Unix socket, in the event loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h11
import orjson
from anyio.to_thread import run_sync

from curatord.control.client import connect
from curatord.errors import BusyError, NotRunningError
from curatord.serve.exchange import FAILURES, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from curatord.paths import StateDirectory

CONNECTIONS = 6  # at a time, of the sixteen that the daemon gives all its clients
SECONDS = 90.0  # for an answer; `sync` waits for the notes to be read
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 10.0  # a stream has a heartbeat every second


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon answered, as it came."""

    status: int
    media_type: str
    body: bytes


class Daemon:
    """The daemon of one state directory.

    Every method raises NotRunningError when no daemon runs there, or when it goes, and BusyError when it is too slow.
    """

    def __init__(self, state: StateDirectory) -> None:
        """Ask at the directory's socket; nothing is opened yet."""
        self._state = state
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, method: str, target: str, body: bytes = b"") -> Answer:
        """Return the answer to a request, whatever it is."""
        try:
            async with self._places, asyncio.timeout(SECONDS), self._exchange(method, target, body) as reply:
                content = b"".join([piece async for piece in reply.body()])
        except TimeoutError as error:
            raise BusyError(
                f"curatord did not answer within {SECONDS:g} s.", hint="`curatord logs` may say why."
            ) from error
        media_type = reply.headers.get(b"content-type", b"application/json").decode("latin-1")
        return Answer(reply.status, media_type, content)

    async def stream(self, target: str) -> AsyncIterator[dict[str, Any]]:
        """Yield the objects of a stream until the daemon ends it."""
        async with self._exchange("GET", target) as reply:
            pieces, rest = reply.body(), b""
            while piece := await _next(pieces):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    if line:
                        yield orjson.loads(line)

    @asynccontextmanager
    async def _exchange(self, method: str, target: str, body: bytes = b"") -> AsyncIterator[Reply]:
        place = await run_sync(connect, self._state.socket, self._state.lock, CONNECT_SECONDS)
        place.setblocking(False)
        reader, writer = await asyncio.open_unix_connection(sock=place)
        connection = h11.Connection(h11.CLIENT)
        try:
            for event in (_request(method, target, body), h11.Data(body), h11.EndOfMessage()):
                writer.write(connection.send(event) or b"")
            await writer.drain()
            reply = Reply(connection, reader)
            await reply.begin()
            yield reply
        except FAILURES as error:
            raise NotRunningError("curatord hung up.", hint="`curatord logs` may say why.") from error
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _request(method: str, target: str, body: bytes) -> h11.Request:
    headers = [("Host", "curatord"), ("Connection", "close"), ("Content-Length", str(len(body)))]
    if body:
        headers.append(("Content-Type", "application/json"))
    return h11.Request(method=method, target=target, headers=headers)


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the next piece of a stream, nothing at its end; raise NotRunningError where its heart has stopped."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            return await anext(pieces, b"")
    except TimeoutError as error:
        raise NotRunningError("curatord has fallen silent.", hint="`curatord logs` may say why.") from error
