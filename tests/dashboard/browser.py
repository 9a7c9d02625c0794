"""A real browser before a real dashboard."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.live import CURATORD, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt install chromium)")


@dataclass(frozen=True)
class Dashboard:
    """`curatord dashboard` as a process."""

    process: subprocess.Popen[str]
    link: str

    @property
    def address(self) -> str:
        """Where it is, without the token."""
        return self.link.split("#")[0]

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.address.rsplit(":", 1)[1].strip("/"))

    @property
    def token(self) -> str:
        """What stands in the link."""
        return self.link.split("token=")[1]


@contextmanager
def dashboard(config: Path, *options: str) -> Iterator[Dashboard]:
    """Run the command until the end of the block."""
    process = subprocess.Popen(
        [*CURATORD, "--config", str(config), "dashboard", "--no-open", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        yield Dashboard(process, found[0])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
