"""All checks in their order, each done even where another one crashed or hangs."""

from __future__ import annotations

import queue
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING

from curatord.doctor.finding import Finding, Level, fail
from curatord.errors import CuratordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from curatord.doctor.finding import Situation

    Check = Callable[[Situation], Finding]

SECONDS = 300.0  # for one check: reading a directory that a server keeps, or that macOS asks a person about, may hang


def _at(place: str) -> Check:
    """Return the check at a place `module.function`, imported when it is done: what it imports may be missing."""

    def check(situation: Situation) -> Finding:
        module, _, function = place.partition(".")
        finding: Finding = getattr(import_module(f"curatord.doctor.{module}"), function)(situation)
        return finding

    return check


QUICK: Mapping[str, Check] = {
    "python": _at("installation.python"),
    "platform": _at("installation.machine"),
    "packages": _at("installation.packages"),
    "configuration": _at("installation.configuration"),
    "roots": _at("notes.roots"),
    "watches": _at("notes.watches"),
    "access": _at("notes.access"),
    "open files": _at("machine.open_files"),
    "disk": _at("machine.disk"),
    "memory": _at("machine.memory"),
    "clock": _at("machine.clock"),
    "permissions": _at("state.permissions"),
    "socket": _at("state.socket"),
    "service": _at("service.service"),
    "blas": _at("training.blas"),
}
# These take seconds: they read every byte of something, or start processes that compute.
THOROUGH: Mapping[str, Check] = {
    "store": _at("state.store"),
    "reading": _at("reading.reading"),
    "base model": _at("training.base_model"),
    "encoder": _at("training.encoder"),
    "training": _at("training.training_step"),
}


def examine(
    situation: Situation,
    *,
    quick: bool = False,
    checks: Mapping[str, Check] | None = None,
    seconds: float = SECONDS,
) -> Iterator[tuple[str, Finding]]:
    """Yield each check's name and what it found, as soon as it is known; `quick` leaves out what takes seconds."""
    chosen = checks if checks is not None else QUICK if quick else {**QUICK, **THOROUGH}
    for name, check in chosen.items():
        yield name, _within(seconds, check, situation)


def worst(findings: Iterable[Finding]) -> Level:
    """Return the worst level there is."""
    levels = {finding.level for finding in findings}
    return next((level for level in (Level.FAIL, Level.WARN) if level in levels), Level.OK)


def _within(seconds: float, check: Check, situation: Situation) -> Finding:
    """Do a check in a thread, which is left behind where it hangs: no process can be kept by it from ending."""
    answer: queue.SimpleQueue[Finding] = queue.SimpleQueue()
    threading.Thread(target=lambda: answer.put(_done(check, situation)), daemon=True).start()
    try:
        return answer.get(timeout=seconds)
    except queue.Empty:
        return fail(f"The check did not come to an end within {seconds:g} s.", "Is a disk or a server not answering?")


def _done(check: Check, situation: Situation) -> Finding:
    try:
        return check(situation)
    except CuratordError as error:
        return fail(error.message, error.hint)
    except OSError as error:
        return fail(f"{error.filename or 'A file'}: {error.strerror or error}.", "Check its permissions.")
    except ImportError as error:
        return fail(f"{error}.", f"{sys.executable} -m pip install --upgrade curatord")
    except Exception as error:  # noqa: BLE001  the other checks may tell why this one crashed
        return fail(f"The check itself failed: {type(error).__name__}: {error}.", "curatord support-bundle")
