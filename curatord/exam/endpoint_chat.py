"""Chat with a model behind an OpenAI-compatible API."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curatord.exam.judge import MAX_TOKENS, JudgeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from curatord.config import Judge as Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAX_BYTES = 1 << 20
_PASSING = frozenset((408, 409, 425, 429, 500, 502, 503, 504))  # statuses after which a second try may succeed
_PAUSE = 0.5  # seconds before it


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: the key is meant for the endpoint that was set."""

    def redirect_request(self, *_: object) -> None:
        """Let a redirection be told as the status it is."""


@dataclass(frozen=True, slots=True)
class EndpointChat:
    """A model behind `url`, the address of its chat completions; `key` is sent as a bearer token where there is one."""

    url: str
    model: str
    key: str = field(repr=False)
    timeout: float

    @classmethod
    def of(cls, settings: Settings, environment: Mapping[str, str]) -> EndpointChat:
        """Return the model that the settings name; raise JudgeError where the address is none or the key is not set."""
        parts = urlsplit(settings.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise JudgeError(
                f"The judge's endpoint {settings.endpoint} is no HTTP address.",
                hint='Set [exam.judge] endpoint to one such as "http://127.0.0.1:11434/v1".',
            )
        key = environment.get(settings.api_key_variable, "") if settings.api_key_variable else ""
        if settings.api_key_variable and not key:
            raise JudgeError(
                f"The environment variable {settings.api_key_variable} with the judge's key is not set.",
                hint="Set it for the daemon, or name another one in [exam.judge] api_key_variable.",
            )
        url = f"{settings.endpoint.rstrip('/')}/chat/completions"
        return cls(url, settings.model, key, settings.timeout_seconds)

    def __call__(self, turns: Sequence[str]) -> str:
        """Return the model's next words, its likeliest ones.

        A server that is busy or fails is asked a second time. Raises JudgeError where it cannot be reached, does not
        answer in time, refuses, or answers otherwise than the API does.
        """
        deadline = time.monotonic() + self.timeout
        body = self._body(turns)
        try:
            try:
                answer = self._post(body, deadline)
            except urllib.error.HTTPError as error:
                if error.code not in _PASSING or time.monotonic() + _PAUSE > deadline:
                    raise
                error.close()
                time.sleep(_PAUSE)
                answer = self._post(body, deadline)
        except urllib.error.HTTPError as error:
            with error:
                raise self._error(f"refused with status {error.code}") from error
        except (OSError, HTTPException) as error:
            timed_out = isinstance(getattr(error, "reason", error), TimeoutError)
            what = f"did not answer in {self.timeout:g} s" if timed_out else f"cannot be reached ({_reason(error)})"
            raise self._error(what) from error
        return self._words(answer)

    def _body(self, turns: Sequence[str]) -> bytes:
        roles = ("user", "assistant")
        messages = [{"role": roles[at % 2], "content": turn} for at, turn in enumerate(turns)]
        asked = {"model": self.model, "messages": messages, "temperature": 0, "max_tokens": MAX_TOKENS, "stream": False}
        return json.dumps(asked, ensure_ascii=False).encode()

    def _post(self, body: bytes, deadline: float) -> bytes:
        """Return the answer's body; the deadline holds for all of it, not for each packet."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "curatord"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if urlsplit(self.url).hostname in _LOOPBACK:
            handlers.append(urllib.request.ProxyHandler({}))  # a proxy would look for the server on its own machine
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310  the scheme is checked in `of`
        received = b""
        with urllib.request.build_opener(*handlers).open(request, timeout=_left(deadline)) as answer:
            while chunk := answer.read1(65_536):
                received += chunk
                _left(deadline)
                if len(received) > _MAX_BYTES:
                    raise HTTPException(f"more than {_MAX_BYTES} bytes")
        return received

    def _words(self, answer: bytes) -> str:
        try:
            value: Any = json.loads(answer)
            words = value["choices"][0]["message"].get("content")
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise self._error("does not answer as an OpenAI-compatible API does") from error
        return words if isinstance(words, str) else ""

    def _error(self, what: str) -> JudgeError:
        return JudgeError(f"The judge {self.model} at {self.url} {what}.", hint="Check [exam.judge].")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__
