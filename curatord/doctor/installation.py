"""Python, the platform, the packages, the configuration."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import TYPE_CHECKING

from curatord.doctor.finding import fail, ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.doctor.finding import Finding, Situation

_FIRST_MACOS = 14  # what MLX's wheels are built for
_SUPPORTED = {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")}


def configuration(situation: Situation) -> Finding:
    """Check that the configuration file is there and right."""
    if situation.mistake is not None:
        return fail(" ".join(situation.mistake.message.splitlines()), situation.mistake.hint or _edit(situation))
    if not os.path.lexists(situation.config_file):
        return warn(f"There is no configuration {situation.config_file}, so nothing is watched.", "curatord init")
    return ok(f"{situation.config_file} is right.")


def python(_: Situation, running: str = platform.python_version()) -> Finding:
    """Check that the interpreter is of a version that curatord supports."""
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415  needed here alone

    supported = metadata("curatord")["Requires-Python"]
    if running not in SpecifierSet(supported):
        return fail(f"Python {running} is not supported ({supported}).", "Install curatord with another Python.")
    return ok(f"Python {running}, {sys.executable}.")


def machine(_: Situation) -> Finding:
    """Check that MLX runs on this operating system and processor."""
    return judge_machine(platform.system(), platform.machine(), platform.mac_ver()[0], is_translated=_is_translated())


def judge_machine(system: str, processor: str, macos: str, *, is_translated: bool) -> Finding:
    """Judge a machine; `macos` is the version of macOS, `is_translated` whether Rosetta runs this process."""
    if is_translated:
        return fail("This Python is for Intel and runs in Rosetta, where MLX does not.", "Install Python for arm64.")
    if (system, processor) not in _SUPPORTED:
        return fail(f"There is no MLX for {system} on {processor}.", "Use macOS on Apple silicon, or Linux.")
    if system == "Darwin" and int(macos.partition(".")[0] or 0) < _FIRST_MACOS:
        return fail(f"MLX needs macOS {_FIRST_MACOS}, and this is {macos}.", "softwareupdate --install --recommended")
    return ok(f"{'macOS ' + macos if system == 'Darwin' else system} on {processor}.")


def packages(_: Situation, wanted: Sequence[str] | None = None) -> Finding:
    """Check that every package that curatord needs is installed in a version that it allows."""
    listed = wanted if wanted is not None else requires("curatord") or []
    if wrong := list(_wrong(listed)):
        names = shlex.join(name for name, _ in wrong)
        return fail(f"{'; '.join(told for _, told in wrong)}.", f"{sys.executable} -m pip install --upgrade {names}")
    versions = ", ".join(f"{name} {version(name)}" for name in ("mlx", "mlx-lm"))
    return ok(f"All packages are there: {versions}.")


def _wrong(wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what is not installed as it should be: the requirement, and what is wrong, in words."""
    from packaging.requirements import Requirement  # noqa: PLC0415  needed here alone

    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        needed = f"{requirement.name}{requirement.specifier}"
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield needed, f"{requirement.name} is not installed"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield needed, f"{requirement.name} is {found} instead of {requirement.specifier}"


def _edit(situation: Situation) -> str:
    return f"$EDITOR {shlex.quote(str(situation.config_file))}"


def _is_translated() -> bool:
    """Tell whether this process runs in Rosetta."""
    if sys.platform != "darwin":
        return False
    command = ("/usr/sbin/sysctl", "-n", "sysctl.proc_translated")
    done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603  a command of this module
    return done.stdout.strip() == "1"
