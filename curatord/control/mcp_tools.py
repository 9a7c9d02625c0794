"""What an agent may do: look, ask, and write a note. The notes it writes are read like any other."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psutil

from curatord.control.remember import write_note
from curatord.errors import BusyError, CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curatord.config import Settings
    from curatord.control.client import Client
    from curatord.memory.document import Kind

SECONDS = 600.0  # for a question: a large model takes a while to be loaded
_SECONDS_TO_END = 5.0
_SHOWN = ("id", "question", "answer", "category", "root", "path")


class Tools:
    """Every method raises CuratordError with message and hint; nothing is kept between two calls."""

    def __init__(
        self,
        client: Callable[[], Client],
        settings: Callable[[], Settings],
        program: tuple[str, ...],
        seconds: float = SECONDS,
    ) -> None:
        """Talk to the daemon through `client`; `program` is how `curatord` is called, with its configuration."""
        self._client = client
        self._settings = settings
        self._program = program
        self._seconds = seconds

    def status(self) -> dict[str, Any]:
        """Return what `curatord status --json` prints."""
        return self._client().get("/v1/status")

    def search_pairs(self, query: str, limit: int) -> dict[str, Any]:
        """Return how many pairs hold all these words, and the best of them; rejected answers are left out."""
        found = self._client().get("/v1/pairs/search", q=query, limit=limit)
        return {"total": found["total"], "pairs": [{name: pair[name] for name in _SHOWN} for pair in found["pairs"]]}

    async def ask(self, question: str) -> dict[str, Any]:
        """Return what `curatord ask QUESTION --json` prints."""
        return await self._run("ask", "--json", "--", question)

    async def gaps(self, topic: str | None = None) -> dict[str, Any]:
        """Return what `curatord gaps --json [--topic TOPIC]` prints."""
        return await self._run("gaps", "--json", *([f"--topic={topic}"] if topic else []))

    def remember(self, title: str, text: str, kind: Kind) -> Path:
        """Write a note into the first root of a kind and return its path."""
        return write_note(self._settings(), kind, title, text, datetime.now().astimezone().date())

    async def _run(self, *words: str) -> dict[str, Any]:
        """Run a command in a process of its own, which is ended when nobody waits for it any more."""
        process = await asyncio.create_subprocess_exec(
            *self._program,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        talking = asyncio.create_task(process.communicate())
        try:
            await asyncio.wait({talking}, timeout=self._seconds)
            if not talking.done():
                raise BusyError(f"`curatord {words[0]}` did not answer within {self._seconds:g} s.")
        finally:
            if not talking.done():
                _end(process.pid)
                await asyncio.wait({talking}, timeout=_SECONDS_TO_END)
        output, errors = talking.result()
        if process.returncode not in {ExitCode.OK, ExitCode.ATTENTION}:
            raise CuratordError(_message(errors.decode("utf-8", "replace"), words[0]))
        return _parsed(output, words[0])


def _end(pid: int) -> None:
    """End a process and all that it has started."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                one.kill()


def _message(errors: str, command: str) -> str:
    """Return what a command said was wrong: our own lines, else the last one, which is what a crash ends with."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    own = [line.removeprefix("curatord: ") for line in lines if line.startswith("curatord: ")]
    return " ".join(own or lines[-1:]) or f"`curatord {command}` failed without a word."


def _parsed(output: bytes, command: str) -> dict[str, Any]:
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise CuratordError(f"`curatord {command}` printed something else than JSON.") from error
    return answer if isinstance(answer, dict) else {command: answer}
