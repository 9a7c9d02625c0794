"""What the dashboard's server answers: the page, its session, the daemon's own routes, the stream of what happens."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import orjson
from anyio.to_thread import run_sync
from pydantic import ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from curatord.dashboard.access import Gate
from curatord.dashboard.gaps import GapsQuery, find_gaps
from curatord.dashboard.replies import failure, refusal
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from curatord.dashboard.access import Access
    from curatord.dashboard.feed import Feed
    from curatord.dashboard.relay import Daemon
    from curatord.paths import StateDirectory

STATIC = Path(__file__).with_name("static")
MOST_BYTES = 262_144  # of a request's body
PING_SECONDS = 15

# What the page may set in motion; stopping the daemon and reading its configuration again are for the command line.
_ORDERS = re.compile(
    r"/v1/(sync|train/(now|pause|resume|cancel)|adapters/rollback|adapters/[0-9a-f-]+/promote"
    r"|pairs/[0-9a-f]+/judgement)"
)
_READ = re.compile(r"/v1/(?!events$).+")

for _suffix in (".js", ".mjs"):
    mimetypes.add_type("text/javascript", _suffix)  # what the system says of them differs


class Dashboard:
    """The endpoints, for one daemon."""

    def __init__(self, state: StateDirectory, daemon: Daemon, feed: Feed, access: Access) -> None:
        """Answer for the daemon of a state directory."""
        self._state = state
        self._daemon = daemon
        self._feed = feed
        self._access = access

    def app(self) -> ASGIApp:
        """Return the application, gate included."""
        routes = [
            Route("/", self.page),
            Route("/session", self.begin_session, methods=["POST"]),
            Route("/stream", self.stream),
            Route("/gaps", self.gaps),
            Route("/v1/{path:path}", self.relay, methods=["GET", "POST", "PUT", "DELETE"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        handlers = {CuratordError: _answer_error, HTTPException: _answer_http_error}
        app = Starlette(routes=routes, exception_handlers=handlers)
        return Gate(app, self._access, script_hashes())

    async def page(self, _request: Request) -> Response:
        """Deliver the page, which is the same for everybody."""
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def begin_session(self, request: Request) -> Response:
        """Exchange the token for a session cookie."""
        try:
            token = orjson.loads(await _body(request))["token"]
        except (ValueError, KeyError, TypeError):
            token = None
        session = self._access.redeem(token) if isinstance(token, str) else None
        if session is None:
            hint = "Stop `curatord dashboard` with Ctrl-C and start it again: it prints a new one."
            return refusal(403, ExitCode.PERMISSION, "This link was used before, or is not of this dashboard.", hint)
        response = Response(status_code=204)
        response.set_cookie(self._access.cookie, session, httponly=True, samesite="strict")
        return response

    async def stream(self, _request: Request) -> Response:
        """Tell what happens, as it happens (server-sent events)."""
        return EventSourceResponse(self._messages(), ping=PING_SECONDS)

    async def gaps(self, request: Request) -> Response:
        """Tell what to learn next."""
        try:
            asked = GapsQuery.model_validate(dict(request.query_params))
        except ValidationError as error:
            return refusal(422, ExitCode.USAGE, f"The request is not understood: {error.errors()[0]['msg']}.")
        page = await run_sync(find_gaps, self._state, asked)
        return Response(page.model_dump_json(), media_type="application/json")

    async def relay(self, request: Request) -> Response:
        """Hand a request to the daemon, and its answer back."""
        path = request.url.path
        if not (_READ if request.method == "GET" else _ORDERS).fullmatch(path):
            return refusal(403, ExitCode.PERMISSION, "The dashboard does not do this.", "Use the command line.")
        raw: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        target = raw + (b"?" + query if query else b"")
        answer = await self._daemon.ask(request.method, target.decode("ascii"), await _body(request))
        return Response(answer.body, status_code=answer.status, media_type=answer.media_type)

    async def _messages(self) -> AsyncIterator[ServerSentEvent]:
        with self._feed.listen() as listener:
            while (message := await listener.get()) is not None:
                name, data = message
                yield ServerSentEvent(data.decode(), event=name)


def script_hashes() -> tuple[str, ...]:
    """Return the hashes (base64 of SHA-256) of what stands within script tags of the page: its import map."""
    text = (STATIC / "index.html").read_text(encoding="utf-8")
    found = re.findall(r"<script type=\"importmap\">(.*?)</script>", text, re.DOTALL)
    return tuple(base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found)


async def _body(request: Request) -> bytes:
    """Return the body of a request; raises HTTPException where it is no JSON by its own account, or too long."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The request is over {MOST_BYTES} bytes")
    if body and request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise HTTPException(415, "The request is no JSON")
    return body


def _answer_error(_request: Request, error: Exception) -> Response:
    return failure(cast("CuratordError", error))


def _answer_http_error(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    return refusal(known.status_code, ExitCode.USAGE, f"{known.detail}.")
