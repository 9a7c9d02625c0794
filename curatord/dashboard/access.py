"""Who may talk to the dashboard: whoever has the one-time token, from this machine, through the page itself.

Everybody on the machine can connect to a loopback port, and every web page can make a browser do so. Hence

- a token of 256 bits stands in the address that the command prints, behind the `#`, where no server sees it; the page
  exchanges it once for a session cookie (HttpOnly, SameSite=Strict), and nothing but the page's code goes without;
- the Host header must name this server (else a page whose name was rebound to 127.0.0.1 could read along);
- requests that another site or another port began are refused by Sec-Fetch-Site and Origin, and what changes anything
  must have an Origin, which no browser leaves out;
- the Content-Security-Policy allows nothing that this server does not deliver itself, and no code within the page.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from curatord.dashboard.replies import refusal
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/session", "/static/")  # and the page itself: code that everybody may read
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_FOREIGN_SITES = frozenset({"cross-site", "same-site"})  # `same-site` is another port of this machine


class Access:
    """The token and the session of one dashboard."""

    def __init__(self, port: int) -> None:
        """Make a token for the server on a port of the loopback address."""
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self.cookie = f"curatord-{port}"  # cookies do not tell ports apart
        self.address = f"http://127.0.0.1:{port}/"
        self._token: str | None = secrets.token_urlsafe(32)
        self._session: str | None = None

    @property
    def link(self) -> str | None:
        """The address that lets in whoever opens it first; None once somebody has."""
        return None if self._token is None else f"{self.address}#token={self._token}"

    def redeem(self, token: str) -> str | None:
        """Return the session that the token buys, once; None for any other."""
        if self._token is None or not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = None
        self._session = secrets.token_urlsafe(32)
        return self._session

    def admits(self, cookies: str) -> bool:
        """Tell whether a Cookie header holds the session."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        if found is None or self._session is None:
            return False
        return secrets.compare_digest(found.value.encode(), self._session.encode())


class Gate:
    """ASGI middleware that every request passes, and that gives every answer its protective headers."""

    def __init__(self, app: ASGIApp, access: Access, script_hashes: tuple[str, ...]) -> None:
        """Stand before `app`; `script_hashes` are those of what the page may hold within itself."""
        self._app = app
        self._access = access
        self._policy = _policy(script_hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or hand it on."""
        if scope["type"] != "http":
            return

        async def send_protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(MutableHeaders(scope=message), self._policy)
            await send(message)

        refused = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        await (refused or self._app)(scope, receive, send_protected)

    def _refusal(self, method: str, path: str, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if host not in self._access.hosts:
            return refusal(403, ExitCode.PERMISSION, "This is not the host that the dashboard answers for.")
        is_page = path == "/" and method in _SAFE_METHODS
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return refusal(403, ExitCode.PERMISSION, "Requests from other pages are refused.")
        if not is_page and headers.get("sec-fetch-site") in _FOREIGN_SITES:
            return refusal(403, ExitCode.PERMISSION, "Requests from other sites are refused.")
        if method not in _SAFE_METHODS and origin is None:
            return refusal(403, ExitCode.PERMISSION, "A request that changes something must say where it comes from.")
        if is_page or path.startswith(OPEN_PATHS) or self._access.admits(headers.get("cookie", "")):
            return None
        return refusal(401, ExitCode.PERMISSION, "This browser has no session.", "Open the link that was printed.")


def _policy(script_hashes: tuple[str, ...]) -> str:
    """Return the Content-Security-Policy (https://www.w3.org/TR/CSP3/)."""
    scripts = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in script_hashes)])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def _protect(headers: MutableHeaders, policy: str) -> None:
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers.setdefault("Cache-Control", "no-store")
