"""A home directory on something like a Mac: launchctl is the stand-in, everything else is real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curatord.service.launchd import LABEL
from curatord.service.plan import Plan

STANDIN = Path(__file__).with_name("standin_launchctl.py")
DOMAIN = f"gui/{os.getuid()}"
SERVICE = f"{DOMAIN}/{LABEL}"


@dataclass(frozen=True, slots=True)
class Mac:
    """The directory of the test; `world` is launchd's, `home` the user's."""

    directory: Path

    @property
    def world(self) -> Path:
        """Where the stand-in keeps what launchd would know."""
        return self.directory / "launchd"

    @property
    def home(self) -> Path:
        """The user's home directory."""
        return self.directory / "home"

    @property
    def plist(self) -> Path:
        """The installed property list."""
        return self.home / "Library/LaunchAgents" / f"{LABEL}.plist"

    def environment(self) -> dict[str, str]:
        """Return the variables of a shell on this machine."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}",
            "STANDIN": str(self.world),
            "CURATORD_SERVICE": "launchd",
        }

    def make(self) -> None:
        """Make the home directory and the stand-in; the user is logged in."""
        for path in (self.world, self.home, self.directory / "bin"):
            path.mkdir(parents=True)
        launchctl = self.directory / "bin" / "launchctl"
        launchctl.write_text(f'#!/bin/sh\nexec {sys.executable} {STANDIN} "$@"\n')
        launchctl.chmod(0o755)
        (self.world / "session").touch()

    def calls(self) -> list[list[str]]:
        """Return what launchctl was asked, and forget it."""
        file = self.world / "calls.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def changes(self) -> list[list[str]]:
        """Return what launchctl was asked to do, without the questions, and forget it."""
        return [words for words in self.calls() if words[0] != "print"]

    def job(self) -> dict[str, Any] | None:
        """Return what is loaded."""
        try:
            return dict(json.loads((self.world / "loaded.json").read_text()))
        except FileNotFoundError:
            return None

    def pid(self) -> int:
        """Return the pid of the job as soon as it has one."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if (job := self.job()) and job["pid"]:
                return int(job["pid"])
            time.sleep(0.01)
        raise AssertionError((self.world / "supervisor.txt").read_text())

    def end(self) -> None:
        """Unload what is still loaded."""
        environment = os.environ | self.environment()
        subprocess.run([sys.executable, STANDIN, "bootout", SERVICE], env=environment, capture_output=True, check=False)
        deadline = time.monotonic() + 40
        while self.job() and time.monotonic() < deadline:
            time.sleep(0.02)

    def plan(self, script: str = "exec sleep 1000") -> Plan:
        """Return a plan whose interpreter is a shell script that does something quicker than curatord."""
        program = self.directory / "bin" / f"python-{abs(hash(script))}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return Plan(program, self.home / "curatord.toml", self.home / "Library/Logs/curatord")
