"""What every service manager does for us, and which one this machine has."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from curatord.service.plan import MANAGER

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.service.plan import Plan

LAUNCHD = "launchd"
SYSTEMD = "systemd"
NAMES = (LAUNCHD, SYSTEMD)


class Manager(Protocol):
    """A service manager that runs curatord; every method may raise CuratordError with what it said and what to do."""

    @property
    def name(self) -> str:
        """`launchd` or `systemd`."""

    @property
    def file(self) -> Path:
        """The file by which it knows of curatord."""

    def text(self, plan: Plan) -> str:
        """Return what that file holds for a plan."""

    def config_file(self) -> Path | None:
        """Return the configuration that the installed service runs on; None where none is installed."""

    def is_active(self) -> bool:
        """Tell whether curatord runs, starts, or would be started again after a crash."""

    def install(self, plan: Plan) -> None:
        """Write the file and start the service anew, whether or not one of before runs."""

    def start(self) -> None:
        """Start the installed service; one that runs goes on."""

    def stop(self) -> None:
        """Stop it and wait until it is gone; it comes back with the next login."""

    def restart(self) -> None:
        """Stop it, and start it as its file says now."""

    def uninstall(self) -> None:
        """Stop it for good and remove the file."""

    def excuse(self) -> list[str]:
        """Return what the service manager says of the service, for a person who wonders why it does not run."""


def default_name() -> str:
    """Return the service manager that started this process's daemon, or that of this platform."""
    if (named := os.environ.get(MANAGER)) in NAMES:
        return named
    return LAUNCHD if sys.platform == "darwin" else SYSTEMD


def manager(name: str | None = None) -> Manager:
    """Return a service manager by its name, or this platform's."""
    if (name or default_name()) == LAUNCHD:
        from curatord.service.launchd import LaunchAgent  # noqa: PLC0415  each platform has the other one's in vain

        return LaunchAgent()
    from curatord.service.systemd import UserUnit  # noqa: PLC0415  see above

    return UserUnit()
