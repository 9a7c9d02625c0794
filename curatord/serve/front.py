"""The address that clients know: an HTTP server on 127.0.0.1 that hands each request to the server now in service.

Servers come and go behind it. A request goes to the one in service when it arrives; where that one fails before the
first byte of its reply, or there is none for a moment, the request waits for the next one. Only programs of this
machine are answered: requests that a browser sends for a page, or for another host name (DNS rebinding), are refused.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
import uvicorn

from curatord.errors import AccessError, CuratordError
from curatord.log import get_logger
from curatord.serve.exchange import FAILURES, LOOPBACK, exchange, is_healthy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Receive, Scope, Send

    from curatord.serve.exchange import Reply, Upstream

MAX_BYTES = 8 << 20  # of a request's body
SECONDS_TO_SEND = 30.0  # for a request's body
SECONDS_TO_WAIT = 60.0  # for a server, where one is on its way
SECONDS_TO_BE_WELL = 10.0  # a busy one is slow to say so
ATTEMPTS = 2  # a request that ends two servers is not tried on a third
MODEL = "default_model"  # mlx_lm's name for what it was started with; by any other it would load another model
_SECONDS_IDLE = 75  # clients let go of a connection sooner, so that none is closed as they reuse it
_CONNECTIONS = 256
_COMPLETIONS = frozenset({"/v1/chat/completions", "/chat/completions", "/v1/completions"})
_MODELS = "/v1/models"
_FROM_A_PAGE = (b"origin", b"referer", b"sec-fetch-site")
_PASSED_ON = (b"content-type", b"content-length", b"cache-control")
_STREAM, _STREAM_END = b"text/event-stream", b"data: [DONE]\n\n"

log = get_logger("serving")


class RefusedError(CuratordError):
    """A request that is not answered."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Tell why, with the status of HTTP."""
        super().__init__(message)
        self.status = status


class Front:
    """Listens on a port of 127.0.0.1; made and used in one event loop."""

    def __init__(self, port: int, on_trouble: Callable[[], None]) -> None:
        """Prepare; `on_trouble` is called when the server in service was found dead and withdrawn."""
        self.port = port
        self.current: Upstream | None = None
        self._on_trouble = on_trouble
        self._refusal: str | None = None
        self._settled = asyncio.Event()  # there is a server, or a reason why there is none
        self._hosts = {f"{host}:{port}".encode() for host in (LOOPBACK, "localhost")}
        self._server = _Server(uvicorn.Config(self, **_OPTIONS))
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address of the API, as clients take it."""
        return f"http://{LOOPBACK}:{self.port}/v1"

    async def listen(self) -> None:
        """Begin to answer; raises AccessError where the port is taken or not for us."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self.port))
            listener.listen()
        except OSError as error:
            listener.close()
            reason = f"Port {self.port} of {LOOPBACK} cannot be used: {error.strerror}."
            raise AccessError(reason, hint="Set [serve] port to another one.") from error
        self._serving = asyncio.create_task(self._server.serve([listener]))
        while not (self._server.started or self._serving.done()):  # noqa: ASYNC110  an attribute is how uvicorn tells
            await asyncio.sleep(0)

    async def close(self, seconds: float) -> None:
        """Stop answering; requests in hand get that long to finish."""
        if self._serving is not None:
            self.withdraw("curatord is stopping.")
            self._server.stop(seconds)
            await self._serving

    def use(self, upstream: Upstream) -> None:
        """Hand requests to this server from now on; those in hand stay where they are."""
        self.current, self._refusal = upstream, None
        self._settled.set()

    def withdraw(self, reason: str | None = None) -> None:
        """Hand requests to no server: they are refused with the reason, or wait for the next one if there is none."""
        self.current, self._refusal = None, reason
        if reason is None:
            self._settled.clear()
        else:
            self._settled.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        try:
            self._refuse_strangers(dict(scope["headers"]))
            if scope["path"] in _COMPLETIONS and scope["method"] == "POST":
                await self._complete(scope["path"], receive, send)
            else:
                await _send_json(send, HTTPStatus.OK, self._told(scope["method"], scope["path"]))
        except RefusedError as refused:
            error = {"message": refused.message, "type": refused.status.phrase, "code": refused.status.value}
            await _send_json(send, refused.status, {"error": error})

    def _refuse_strangers(self, headers: dict[bytes, bytes]) -> None:
        if any(name in headers for name in _FROM_A_PAGE):
            raise RefusedError(HTTPStatus.FORBIDDEN, "Requests from web pages are refused.")
        if headers.get(b"host", b"").lower() not in self._hosts:
            raise RefusedError(HTTPStatus.FORBIDDEN, f"The Host header must be localhost:{self.port}.")

    def _told(self, method: str, path: str) -> dict[str, Any]:
        """Return what needs no model: mlx_lm would list all of Hugging Face's cache."""
        current = self.current
        if method != "GET" or not (path in {"/health", _MODELS} or path.startswith(f"{_MODELS}/")):
            raise RefusedError(HTTPStatus.NOT_FOUND, f"There is no {method} {path}.")
        if path == "/health":
            if current is None:
                raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, self._refusal or "The model is being loaded.")
            return {"status": "ok"}
        models = [] if current is None else [_model(current)]
        if path == _MODELS:
            return {"object": "list", "data": models}
        for model in models:
            if path == f"{_MODELS}/{model['id']}":
                return model
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such model in service.")

    async def _complete(self, path: str, receive: Receive, send: Send) -> None:
        """Hand a request on, and end it when the client has gone."""
        body = _rewritten(await _read(receive))
        handing_on = asyncio.create_task(self._hand_on(path, body, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({handing_on, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if handing_on.done():
                await handing_on
        finally:
            for task in (handing_on, leaving):
                task.cancel()
            await asyncio.gather(handing_on, leaving, return_exceptions=True)

    async def _hand_on(self, path: str, body: bytes, send: Send) -> None:
        for _ in range(ATTEMPTS):
            upstream = await self._upstream()
            with upstream.busy():
                try:
                    async with exchange(upstream.port, "POST", path, body) as reply:
                        # Where its model has died, mlx_lm says so with a 404.
                        if reply.status != HTTPStatus.NOT_FOUND or await is_healthy(upstream.port):
                            await _relay(reply, send)
                            return
                except FAILURES as error:
                    log.warning("server_failed", model=upstream.name, error=str(error) or type(error).__name__)
                await self._look_after(upstream)
        raise RefusedError(HTTPStatus.BAD_GATEWAY, "The model gave no reply.")

    async def _upstream(self) -> Upstream:
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TO_WAIT):
                while self.current is None and self._refusal is None:  # it may be withdrawn again before this wakes
                    await self._settled.wait()
        if self.current is None:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, self._refusal or "The model is still being loaded.")
        return self.current

    async def _look_after(self, upstream: Upstream) -> None:
        """Withdraw a server that is not well, and tell of it."""
        if not await is_healthy(upstream.port, SECONDS_TO_BE_WELL) and self.current is upstream:
            self.withdraw()
            self._on_trouble()


_OPTIONS: dict[str, Any] = {
    "http": "h11",
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "date_header": False,
    "timeout_keep_alive": _SECONDS_IDLE,
    "limit_concurrency": _CONNECTIONS,
}


class _Server(uvicorn.Server):
    """A server without a tick, which leaves signals to the daemon."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self, seconds: float) -> None:
        """End `serve` soon."""
        self.config.timeout_graceful_shutdown = max(1, round(seconds))
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        self.server_state.default_headers = self.config.encoded_headers
        await self._stopped.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the daemon."""
        yield


def _model(upstream: Upstream) -> dict[str, Any]:
    return {"id": upstream.name, "object": "model", "created": upstream.since, "owned_by": "curatord"}


async def _read(receive: Receive) -> bytes:
    """Return the body of a request; one that is too large is read to its end, or the refusal would not be heard."""
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(SECONDS_TO_SEND):
            while (message := await receive())["type"] == "http.request":
                piece = message.get("body", b"")
                size += len(piece)
                if size <= MAX_BYTES:
                    body += piece
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        told = f"The request took more than {SECONDS_TO_SEND:g} s to arrive."
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, told) from error
    if size > MAX_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The request is over {MAX_BYTES} bytes.")
    return bytes(body)


def _rewritten(body: bytes) -> bytes:
    """Return a request for the model in service, whichever it names; no other is loaded, and nothing is fetched."""
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The request is no JSON.") from error
    if not isinstance(asked, dict):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The request is no JSON object.")
    messages = asked.get("messages")
    if any(_is_not_text(message) for message in (messages if isinstance(messages, list) else [])):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "Messages hold text alone.")  # mlx_lm would fetch an image's address
    kept = {key: value for key, value in asked.items() if key not in {"adapters", "draft_model"}}
    return orjson.dumps({**kept, "model": MODEL})


def _is_not_text(message: object) -> bool:
    content = message.get("content") if isinstance(message, dict) else message
    if isinstance(content, list):
        return not all(isinstance(part, dict) and part.get("type") == "text" for part in content)
    return not isinstance(content, str | None)


async def _relay(reply: Reply, send: Send) -> None:
    """Send a reply on: a stream as it comes, anything else once it is whole.

    Raises one of FAILURES while nothing is sent yet. A stream that breaks off, which its last words tell, is broken off
    here too, never ended as if it were whole.
    """
    is_stream = reply.headers.get(b"content-type", b"").startswith(_STREAM)
    body = b"" if is_stream else b"".join([piece async for piece in reply.body()])
    headers = [(name, reply.headers[name]) for name in _PASSED_ON if name in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if is_stream and not await _stream(reply, send):
        log.warning("reply_broke_off")
    else:
        await send({"type": "http.response.body", "body": body})


async def _stream(reply: Reply, send: Send) -> bool:
    """Send the pieces of a stream on; return whether it came to its end."""
    end = b""
    try:
        async for piece in reply.body():
            end = (end + piece)[-len(_STREAM_END) :]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except FAILURES:
        return False
    return end == _STREAM_END


async def _gone(receive: Receive) -> None:
    """Wait for the client to leave."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_json(send: Send, status: HTTPStatus, value: dict[str, Any]) -> None:
    body = orjson.dumps(value)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
