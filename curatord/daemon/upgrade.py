"""Noticing that another version of curatord was installed over the one that runs."""

from __future__ import annotations

import re
from pathlib import Path

import curatord
from curatord.errors import CuratordError, ExitCode

_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


class UpgradedError(CuratordError):
    """The daemon has ended for another version to be started in its place."""

    exit_code = ExitCode.BUSY  # EX_TEMPFAIL: service managers start again what ended with an error

    def __init__(self, version: str) -> None:
        """Name the version that is installed now."""
        super().__init__(f"curatord {curatord.__version__} makes way for {version}.")


class UpgradeWatch:
    """Looks at the version of the code on the disk; a new one counts when it is seen twice.

    Between two looks an installer has time to put everything in its place. Code that is missing is no new version.
    """

    def __init__(self, file: Path | None = None, running: str = curatord.__version__) -> None:
        """Look at the module that tells the version of the code on the disk; `running` is that of the code here."""
        self._file = file or Path(curatord.__file__)
        self._running = running
        self._seen = running

    def look(self) -> str | None:
        """Return the version that is installed now where it is not the one that runs, and was there the last time."""
        found = self._installed()
        settled = found is not None and found == self._seen != self._running
        self._seen = found or self._running
        return found if settled else None

    def _installed(self) -> str | None:
        try:
            told = _VERSION.search(self._file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None
        return told[1] if told else None
