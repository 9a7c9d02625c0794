"""What a check found, and what it is given to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from curatord import paths
from curatord.config import Settings
from curatord.errors import ConfigurationError
from curatord.settings_file import load

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.paths import StateDirectory


class Level(StrEnum):
    """How it is: as it should be; it works, though not as well as it could; it does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """How something is, in a sentence, and the command that mends it; words where no command can."""

    level: Level
    message: str
    remedy: str = ""


def ok(message: str) -> Finding:
    """Return that it is as it should be."""
    return Finding(Level.OK, message)


def warn(message: str, remedy: str = "") -> Finding:
    """Return that it works, though not as well as it could."""
    return Finding(Level.WARN, message, remedy)


def fail(message: str, remedy: str = "") -> Finding:
    """Return that it does not work."""
    return Finding(Level.FAIL, message, remedy)


@dataclass(frozen=True, slots=True)
class Situation:
    """The configuration file, what it says, and where the state is.

    Where the file is invalid, `mistake` tells why, and the settings are the defaults; the state directory is the one
    that it names all the same, if that can be told.
    """

    config_file: Path
    settings: Settings
    state: StateDirectory
    must_exist: bool = False
    mistake: ConfigurationError | None = field(default=None, compare=False)


def situation(config_file: Path, *, must_exist: bool = False) -> Situation:
    """Read the configuration; a mistake in it is kept, not raised."""
    try:
        settings = load(config_file, must_exist=must_exist)
    except ConfigurationError as error:
        return Situation(config_file, Settings(), _salvaged(config_file), must_exist, error)
    return Situation(config_file, settings, paths.state_directory(settings.state.dir), must_exist)


def _salvaged(config_file: Path) -> StateDirectory:
    try:
        return paths.peek_state_directory(config_file)
    except ConfigurationError:
        return paths.salvage_state_directory(config_file) or paths.state_directory(None)
