"""Whether curatord is installed as a service of the user, and what is installed can be started and is."""

from __future__ import annotations

import os
import plistlib
import re
import shlex
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from curatord.control.running import is_locked
from curatord.doctor.finding import fail, ok, warn
from curatord.service.manager import manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.doctor.finding import Finding, Situation
    from curatord.service.manager import Manager

_OTHERS_WRITE = 0o022
_INSTALL = "curatord install"


def service(situation: Situation, asked: Manager | None = None) -> Finding:
    """Check that curatord starts with the login, on this configuration, and runs now."""
    manager_ = asked or manager()
    if not manager_.file.exists():
        running = " It runs now, until you log out or stop it." if is_locked(situation.state.lock) else ""
        return warn(f"curatord does not start by itself.{running}", _INSTALL)
    return next(_troubles(situation, manager_), ok(f"{manager_.name} runs curatord ({manager_.file})."))


def _troubles(situation: Situation, manager_: Manager) -> Iterator[Finding]:
    file = manager_.file
    program = _program(file.read_bytes())
    if program is None or not os.access(program, os.X_OK):
        yield fail(f"The service in {file} starts {program or 'nothing'}, which is not there.", _INSTALL)
    if file.stat().st_mode & _OTHERS_WRITE:
        yield fail(f"Other users may write {file}, so it may not be started.", f"chmod 644 {shlex.quote(str(file))}")
    runs_on = manager_.config_file()
    if runs_on is not None and runs_on != situation.config_file:
        yield warn(f"The service runs on {runs_on}, and this is {situation.config_file}.", _INSTALL)
    if not manager_.is_active():
        said = "".join(f" {line.rstrip('.')}." for line in manager_.excuse()[-1:])
        yield warn(f"The service is installed and does not run.{said}", "curatord start")


def _program(content: bytes) -> str | None:
    """Return what a property list or a unit starts; None where that cannot be told."""
    words = _arguments(content) if content.lstrip().startswith(b"<") else _exec_start(content)
    return words[0] if words else None


def _arguments(content: bytes) -> list[str]:
    try:
        return [str(word) for word in plistlib.loads(content)["ProgramArguments"]]
    except (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError):
        return []


def _exec_start(content: bytes) -> list[str]:
    """Return the words of `ExecStart=`, which prefixes may stand before: systemd.service(5), systemd.syntax(7)."""
    found = re.search(r"^ExecStart=[-@:+!|]*(.+)$", content.decode("utf-8", "replace"), re.MULTILINE)
    try:
        return shlex.split(found[1].replace("%%", "%")) if found else []
    except ValueError:
        return []
