"""What a service manager is asked to run: this installation's interpreter, on one configuration."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from curatord.errors import CuratordError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = "CURATORD_CONFIG"
MANAGER = "CURATORD_SERVICE"  # tells the daemon that somebody starts it again
LOG = "launchd.log"
SECONDS_TO_TRY = 60

# Where the usual places are depends on these, and a service manager does not know what a shell has set.
_CARRIED = (
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "HF_HOME",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the service runs.

    `-I` keeps Python from importing what lies in a working directory, a PYTHONPATH, or the user's own packages. The
    configuration travels in the environment, so that hooks that call `curatord` reach the same daemon.
    """

    python: Path
    config_file: Path
    logs: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the words of a curatord command, beginning with the interpreter's absolute path."""
        return (str(self.python), "-I", "-m", "curatord", *words)

    def environment(self) -> dict[str, str]:
        """Return the variables besides those that are the same everywhere."""
        return {CONFIG: str(self.config_file), **self.variables}

    def check(self) -> None:
        """Run the command as the service will, with nothing of this shell; raises CuratordError where that fails."""
        bare = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
        done = subprocess.run(  # noqa: S603  our own interpreter and module
            self.command("--help"),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**bare, **self.environment()},
            timeout=SECONDS_TO_TRY,
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise CuratordError(
                f"{self.python} cannot run curatord by itself: {last[0]}.",
                hint="Install curatord in an environment of its own, as `pipx` and `uv tool` do, and install again.",
            )


def plan(config_file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan for the interpreter that runs now and a configuration file.

    The interpreter's path is not resolved: a virtual environment is known by the link, not by what it points to.
    """
    carried = {name: environment[name] for name in _CARRIED if environment.get(name)}
    return Plan(Path(sys.executable), config_file, log_directory(), carried)


def log_directory() -> Path:
    """Return where macOS keeps the logs of this user's curatord."""
    return Path.home() / "Library/Logs/curatord"
