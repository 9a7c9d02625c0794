"""The daemon's handle of a process that answers: started, waited for until it has answered once, and stopped.

Nothing here imports MLX; what the process does is in `curatord.serve.__main__`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  a field's type, which tests look at
from typing import Any, Protocol

import orjson

from curatord.errors import BusyError, CuratordError, ExitCode
from curatord.serve.exchange import FAILURES, LOOPBACK, exchange, is_healthy
from curatord.train.adapter_files import CONFIG
from curatord.train.environment import training_environment

SECONDS_TO_START = 600.0  # a large model is read from disk in that time
SECONDS_TO_STOP = 5.0
CHAT = "/v1/chat/completions"
_LOOK_AGAIN = 0.2
_TAIL = 4000  # bytes of its output that are kept
_ACCESS_LINE = f"{LOOPBACK} - - "


class ServerError(CuratordError):
    """The process that answers cannot be started, or has ended."""


class ServerBusyError(ServerError, BusyError):
    """There is not enough memory for the model now."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is to answer: a base model by its name, and an adapter's directory on it if any.

    `sha256` is that of the base the adapter was made for; empty: whichever is there.
    """

    base: str
    models: Path
    adapter: Path | None = None
    sha256: str = ""

    @property
    def name(self) -> str:
        """What clients are told: the adapter's id, or the base model's name."""
        return self.adapter.name if self.adapter is not None else self.base


class Command(Protocol):
    """What makes the command line that serves a target on a port."""

    def __call__(self, target: Target, port: int, /, *, check_memory: bool) -> tuple[str, ...]:
        """Return it."""


def server_command(target: Target, port: int, *, check_memory: bool) -> tuple[str, ...]:
    """Return the command that serves a target on a loopback port by `mlx_lm.server`, and ends with its standard input.

    With `check_memory` it ends with exit code 75 where the weights are more than the memory that is free.
    """
    command = [sys.executable, "-m", "curatord.serve", "--base", target.base, "--models", str(target.models)]
    if target.adapter is not None:
        command += ["--adapter", str(target.adapter)]
    if target.sha256:
        command += ["--sha256", target.sha256]
    return (*command, "--port", str(port), *(["--check-memory"] if check_memory else []))


def adapter_target(adapter: Path | None, base: str, models: Path) -> Target:
    """Return what serves an adapter: the base that it was made for stands in its configuration, else it is `base`.

    Raises ServerError where the adapter cannot be read.
    """
    if adapter is None:
        return Target(base, models)
    try:
        content: Any = orjson.loads((adapter / CONFIG).read_bytes())
        about = content.get("curatord") or {}
        return Target(str(about.get("base") or base), models, adapter, str(about.get("base_sha256") or ""))
    except (OSError, ValueError, AttributeError) as error:
        raise ServerError(f"The adapter {adapter} cannot be read.", hint="Promote another one.") from error


class Server:
    """A process that answers on a port of this machine; used in one event loop."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        """Wrap a process that was started by `start`."""
        self.port = port
        self._process = process
        self._output = b""
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, target: Target, *, check_memory: bool = True, command: Command = server_command) -> Server:
        """Start the process, in a group of its own; raises ServerError where that cannot be."""
        port = _free_port()
        try:
            process = await asyncio.create_subprocess_exec(
                *command(target, port, check_memory=check_memory),
                stdin=asyncio.subprocess.PIPE,  # never written to: its end tells the process that the daemon has gone
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**training_environment(os.environ), "HF_HUB_OFFLINE": "1"},
                process_group=0,
            )
        except OSError as error:
            raise ServerError(f"The server cannot be started: {error.strerror}.") from error
        return cls(process, port)

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    async def ready(self, seconds: float = SECONDS_TO_START) -> None:
        """Wait until the model is loaded and has answered once.

        Raises ServerBusyError where memory is short, ServerError where the process ends or does not get there in time.
        """
        try:
            async with asyncio.timeout(seconds):
                while not await is_healthy(self.port):
                    self._refuse_ended()
                    await asyncio.sleep(_LOOK_AGAIN)
                await self._try()
        except TimeoutError as error:
            raise ServerError(f"The server did not answer within {seconds:g} s.") from error

    async def ended(self) -> str:
        """Wait for the end of the process, and return in words how it came."""
        code = await self._process.wait()
        await asyncio.shield(self._reading)
        how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"{how}: {line}" if (line := self._last_line()) else how

    async def stop(self) -> None:
        """End the process; it is killed when it takes too long."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.is_running:
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), SECONDS_TO_STOP)
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._reading

    async def _try(self) -> None:
        """Have it answer with one token: only then is it known that base, adapter and chat template work together."""
        asked = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
        try:
            async with exchange(self.port, "POST", CHAT, orjson.dumps(asked)) as reply:
                told = b"".join([piece async for piece in reply.body()])
        except FAILURES as error:
            await asyncio.sleep(_LOOK_AGAIN)  # for the end of the process to be known
            self._refuse_ended()
            raise ServerError(f"The server does not answer: {self._last_line() or error}.") from error
        if reply.status != 200:
            raise ServerError(f"The server does not answer: {told[:300].decode(errors='replace')}.")

    def _refuse_ended(self) -> None:
        if self.is_running:
            return
        line = self._last_line()
        if self._process.returncode == ExitCode.BUSY:
            raise ServerBusyError(line)
        raise ServerError(line or f"The server ended with exit code {self._process.returncode}.")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while block := await self._process.stdout.read(_TAIL):
            self._output = (self._output + block)[-_TAIL:]

    def _last_line(self) -> str:
        lines = [line.strip() for line in self._output.decode(errors="replace").splitlines()]
        told = [line for line in lines if line and not line.startswith(_ACCESS_LINE)]
        return told[-1].removeprefix("curatord: ")[:300] if told else ""


def _free_port() -> int:
    """Return a port that was free a moment ago; should it be taken meanwhile, the start fails and is tried again."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
