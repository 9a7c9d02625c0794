"""The versions of what matters, found without importing any of it: a report of a fault begins with them."""

from __future__ import annotations

import platform
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from curatord import __version__

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGES = ("mlx", "mlx-lm")


def versions(config_file: Path | None = None) -> dict[str, str]:
    """Return what is installed, by its name; the base model is the one that the configuration names, if it can be read.

    Takes some milliseconds, and never fails because of what it finds.
    """
    return {
        "curatord": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "platform": _platform(),
        **{name: installed(name) for name in _PACKAGES},
        "sqlite": _sqlite(),
        "base model": _base_model(config_file),
    }


def installed(package: str) -> str:
    """Return the version of a package, or that it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _platform() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]} {platform.machine()}"
    libc = " ".join(platform.libc_ver()).strip()
    return " ".join(part for part in (platform.system(), platform.release(), platform.machine(), libc) if part)


def _sqlite() -> str:
    import sqlite3  # noqa: PLC0415  some milliseconds that other users of this module need not spend

    return sqlite3.sqlite_version


def _base_model(config_file: Path | None) -> str:
    from curatord.train import embedded  # noqa: PLC0415  see above

    base = _named_base(config_file) or embedded.NAME
    return f"{base} ({embedded.PACKAGE} {installed(embedded.PACKAGE)})" if base == embedded.NAME else base


def _named_base(config_file: Path | None) -> str | None:
    """Return what `[training] base` says, without judging the rest of the configuration."""
    if config_file is None:
        return None
    try:
        base = tomllib.loads(config_file.read_text(encoding="utf-8"))["training"]["base"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, KeyError, TypeError):
        return None
    return base if isinstance(base, str) else None
