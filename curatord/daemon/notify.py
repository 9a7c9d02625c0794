"""Getting on with a service manager: it is told how the daemon is, and trusted to start a new version of it.

What is told goes by sd_notify(3), the protocol of systemd's `Type=notify`. launchd listens to nothing; without a
manager all of this does nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import contextmanager
from time import monotonic_ns
from typing import TYPE_CHECKING

from curatord.daemon.upgrade import UpgradedError, UpgradeWatch
from curatord.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from curatord.daemon.status import Status

SOCKET, WATCHDOG, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
MANAGED = "CURATORD_SERVICE"  # set by the files that `curatord install` writes
SECONDS_TO_SEND = 1.0

log = get_logger("notify")


class ServiceManager:
    """What started the daemon, if anything did. Its methods may be called from any thread."""

    def __init__(
        self,
        address: str = "",
        *,
        watchdog_seconds: float | None = None,
        restarts: bool = False,
        tell_every: float = 30.0,
    ) -> None:
        """Talk to the datagram socket at a path, or at an abstract name that begins with @.

        `watchdog_seconds` is how long the manager waits for a sign of life before it ends the daemon; `restarts` tells
        whether it starts a daemon again that has ended with an error.
        """
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog = watchdog_seconds is not None
        self._every = min(tell_every, watchdog_seconds / 2) if watchdog_seconds else tell_every
        self._upgrade = UpgradeWatch() if restarts else None
        self._upgraded_to: str | None = None
        self._is_ready = False
        self._told = ""

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> ServiceManager:
        """Return the manager that the environment names; its address is taken out: children have no say."""
        address = environment.pop(SOCKET, "")
        watchdog, pid = environment.pop(WATCHDOG, ""), environment.pop(WATCHDOG_PID, "")
        if address and address[0] not in "/@":
            log.warning("notify_socket_unknown", address=address)
            address = ""
        is_for_us = watchdog.isdigit() and int(watchdog) > 0 and pid in ("", str(os.getpid()))
        seconds = int(watchdog) / 1e6 if is_for_us else None
        return cls(address, watchdog_seconds=seconds, restarts=bool(environment.get(MANAGED)))

    def ready(self) -> None:
        """Tell that the daemon answers: it counts as started when this has been told, and not before."""
        self._is_ready = True
        self._send("READY=1")

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Tell that the configuration is read again, for the length of a block, whatever comes of it."""
        if self._is_ready:
            self._send("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // 1000}")
        try:
            yield
        finally:
            if self._is_ready:
                self._send("READY=1")

    async def keep_telling(self, status: Callable[[], Status]) -> None:
        """Give signs of life, twice as often as they are due, and tell how things stand when that has changed.

        Runs in the event loop: the daemon lives if that still turns. Returns only when another version is installed
        for the manager to start; when it is cancelled, it tells that the daemon is about to end.
        """
        try:
            while not self._is_outdated():
                self._tell(sentence(status()))
                await asyncio.sleep(self._every)
        finally:
            self._is_ready = False
            self._send("STOPPING=1", "STATUS=stopping")

    def part(self) -> None:
        """Raise UpgradedError where the daemon has ended to make way for another version."""
        if self._upgraded_to is not None:
            raise UpgradedError(self._upgraded_to)

    def _is_outdated(self) -> bool:
        self._upgraded_to = self._upgrade.look() if self._upgrade else None
        if self._upgraded_to is not None:
            log.info("upgraded", to=self._upgraded_to)
        return self._upgraded_to is not None

    def _tell(self, told: str) -> None:
        signs = ["WATCHDOG=1"] if self._watchdog else []
        if told != self._told:
            self._told = told
            signs.append(f"STATUS={told}")
        if signs:
            self._send(*signs)

    def _send(self, *assignments: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SECONDS_TO_SEND)
                sender.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            log.warning("notify_failed", told=assignments[0], reason=error.strerror or str(error))


def sentence(status: Status) -> str:
    """Return how things stand, on one line."""
    left = f", {status.queue.pending} notes to read" if status.queue.pending else ""
    wrong = f", {status.problems} problems" if status.problems else ""
    run = f", training {status.training.run}" if status.training.run else ""
    return f"{status.state}: {status.documents} notes, {status.pairs.sft} pairs{left}{wrong}{run}"
