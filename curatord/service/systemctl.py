"""systemctl(1) for the service manager of this user."""

from __future__ import annotations

import shutil
from typing import Protocol

from curatord.service.tool import Answer, ask


class Systemctl(Protocol):
    """What is asked of systemd and of its journal."""

    def __call__(self, *words: str) -> Answer:
        """Run `systemctl --user WORDS`."""

    def journal(self, unit: str, lines: int) -> Answer:
        """Return the last lines that a unit, and systemd about it, has written."""


class SystemSystemctl:
    """The systemctl and the journalctl of this machine."""

    def __init__(self) -> None:
        """Find them."""
        self._systemctl = shutil.which("systemctl") or "/usr/bin/systemctl"
        self._journalctl = shutil.which("journalctl") or "/usr/bin/journalctl"

    def __call__(self, *words: str) -> Answer:
        """See Systemctl."""
        return ask(self._systemctl, "--user", "--no-pager", *words)

    def journal(self, unit: str, lines: int) -> Answer:
        """See Systemctl."""
        return ask(self._journalctl, "--user", "--no-pager", "--output=cat", f"--lines={lines}", f"--unit={unit}")
