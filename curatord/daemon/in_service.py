"""The server that requests go to, which one that should be, and when one that failed is tried again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

import psutil

from curatord.serve.server import ServerError, adapter_target
from curatord.train.model_files import models_directory

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from curatord.config import Training
    from curatord.paths import StateDirectory
    from curatord.serve.exchange import Upstream
    from curatord.serve.server import Server, Target

FIRST_DELAY, LONGEST_DELAY = 5.0, 300.0  # seconds
_TICK = 0.1


@dataclass(frozen=True, slots=True)
class InService:
    """A server that was ready at a moment, and its place behind the front."""

    target: Target
    server: Server
    upstream: Upstream
    since: float

    async def end(self, seconds: float, hurry: threading.Event) -> None:
        """Stop a server that gets no more requests, after those in hand; not even after them once there is a hurry."""
        draining = asyncio.create_task(self.upstream.drained(seconds))
        while not draining.done() and not hurry.is_set():
            await asyncio.wait({draining}, timeout=_TICK)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        await self.server.stop()


def target_in_service(state: StateDirectory, training: Training) -> Target:
    """Return what is to answer now: the adapter in service, or the base alone where there is none.

    Raises ServerError where that adapter is not there or cannot be read.
    """
    adapter: Path | None = None
    if state.current.is_symlink():
        try:
            adapter = state.current.resolve(strict=True)
        except OSError as error:
            raise ServerError(f"The adapter in service, {state.current.readlink()}, is not there.") from error
    return adapter_target(adapter, training.base, models_directory(training.models))


def free_memory() -> int:
    """Return the bytes of memory that are available."""
    return int(psutil.virtual_memory().available)


class Retries:
    """Failures in a row of one target: each doubles the time until it is tried again."""

    def __init__(self) -> None:
        """Know of none."""
        self.why = ""
        self._target: Target | None = None
        self._failures = 0
        self._due = -inf

    def failed(self, target: Target, why: str, *, at_once: bool = False) -> None:
        """Count a failure; with `at_once` the first one in a row is followed by another try without delay."""
        self._failures = self._failures + 1 if target == self._target else 1
        patient = self._failures > 1 or not at_once
        delay = min(FIRST_DELAY * 2 ** (self._failures - 1), LONGEST_DELAY) if patient else 0.0
        self._target, self._due, self.why = target, monotonic() + delay, why

    def now(self) -> None:
        """Let the next try come at once."""
        self._due = -inf

    def must_wait(self, target: Target) -> bool:
        """Tell whether it is too early to try a target; another one than failed is always welcome."""
        return target == self._target and self.seconds_left > 0

    @property
    def seconds_left(self) -> float:
        """The time until the next try."""
        return max(0.0, self._due - monotonic())
