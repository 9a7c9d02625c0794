"""launchctl(1): the five of its verbs that are needed, and what its exit codes mean.

`print` is no interface, says its manual: only whether it knows a thing is asked, and its text is shown to people.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

from curatord.service.tool import Answer, ask

if TYPE_CHECKING:
    from pathlib import Path

# launchctl ends with an error number of the kernel, or with one of launchd's own (`launchctl error CODE` explains).
NO_SUCH_PROCESS = 3
INPUT_OUTPUT = 5  # loaded already, still on its way out, switched off, or a file that launchd cannot use
IN_PROGRESS = 36
ALREADY_IN_PROGRESS = 37
NO_SUCH_DOMAIN = 112
NO_SUCH_SERVICE = 113
DISABLED = 119
DOMAIN_REFUSES = 125

NOT_LOADED = frozenset({NO_SUCH_PROCESS, NO_SUCH_DOMAIN, NO_SUCH_SERVICE, DOMAIN_REFUSES})
PASSING = frozenset({INPUT_OUTPUT, ALREADY_IN_PROGRESS})


class Launchctl(Protocol):
    """What is asked of launchctl. A domain is `gui/UID`, a service `gui/UID/LABEL`."""

    def print(self, target: str) -> Answer:
        """Describe a domain or a service; fails where launchd has none such."""

    def enable(self, service: str) -> Answer:
        """Undo a `disable`, which outlasts everything else; before `bootstrap`."""

    def bootstrap(self, domain: str, file: Path) -> Answer:
        """Load a property list."""

    def bootout(self, service: str) -> Answer:
        """Stop a service and forget it; returns before it is gone."""

    def kickstart(self, service: str) -> Answer:
        """Run a loaded service that is not running."""


class SystemLaunchctl:
    """The launchctl of this machine."""

    def __init__(self) -> None:
        """Find it."""
        self._program = shutil.which("launchctl") or "/bin/launchctl"

    def print(self, target: str) -> Answer:
        """See Launchctl."""
        return ask(self._program, "print", target)

    def enable(self, service: str) -> Answer:
        """See Launchctl."""
        return ask(self._program, "enable", service)

    def bootstrap(self, domain: str, file: Path) -> Answer:
        """See Launchctl."""
        return ask(self._program, "bootstrap", domain, str(file))

    def bootout(self, service: str) -> Answer:
        """See Launchctl."""
        return ask(self._program, "bootout", service)

    def kickstart(self, service: str) -> Answer:
        """See Launchctl."""
        return ask(self._program, "kickstart", service)
