"""What every request passes before it is looked at: no browser behind it, no body over the limit."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import orjson

from curatord.errors import ExitCode

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS_TO_SEND = 10.0  # for the body of a request
HOSTS = frozenset({b"curatord", b"localhost"})


class Guard:
    """ASGI middleware around the whole application.

    No page in a browser reaches a Unix socket, yet something that forwards to it might let one: requests with an
    Origin or a Referer, or for another host, are refused, as tailscaled does. A body is read whole, up to the
    limit, before anything else sees it.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        """Stand before `app`."""
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on with its body."""
        headers = dict(scope["headers"])
        if b"origin" in headers or b"referer" in headers:
            await _refuse(send, 403, ExitCode.PERMISSION, "Requests from web pages are refused.")
        elif headers.get(b"host") not in HOSTS:
            await _refuse(send, 403, ExitCode.PERMISSION, "The Host header must be `curatord` or `localhost`.")
        else:
            await self._hand_on(scope, receive, send)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                messages = await self._read(receive)
        except TimeoutError:
            await _refuse(send, 408, ExitCode.FAILED, f"The request took more than {SECONDS_TO_SEND:g} s to arrive.")
            return
        if messages is None:
            limit = f"The request is over {self.max_bytes} bytes, the limit that [control] max_request_bytes sets."
            await _refuse(send, 413, ExitCode.FAILED, limit)
            return
        await self.app(scope, _replay(messages, receive), send)

    async def _read(self, receive: Receive) -> deque[Message] | None:
        """Return the request's messages up to the end of its body, or None where that is over the limit."""
        messages: deque[Message] = deque()
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self.max_bytes:
                return None
            if not message.get("more_body", False):
                return messages


def _replay(messages: deque[Message], receive: Receive) -> Receive:
    async def replayed() -> Message:
        return messages.popleft() if messages else await receive()

    return replayed


async def _refuse(send: Send, status: int, code: ExitCode, message: str) -> None:
    body = orjson.dumps({"error": {"code": code, "message": message, "hint": ""}})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of the request is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
