"""Where things are: the configuration file, the state directory and what stands in it, the socket.

Kept free of heavy imports: every command starts here.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curatord.errors import AccessError, ConfigurationError

_STATE_TABLE = re.compile(r"^[ \t]*\[state\].*?(?=^[ \t]*\[|\Z)", re.MULTILINE | re.DOTALL)

# sizeof(sockaddr_un.sun_path) less the closing NUL: sys/un.h of each kernel.
SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """The directory that holds all curatord makes, and the names in it."""

    path: Path
    is_default: bool = False

    @property
    def store(self) -> Path:
        """The SQLite database."""
        return self.path / "store.db"

    @property
    def shards(self) -> Path:
        """The JSONL shards and their manifest."""
        return self.path / "shards"

    @property
    def runs(self) -> Path:
        """The training runs, a directory each."""
        return self.path / "runs"

    @property
    def adapters(self) -> Path:
        """The adapters that runs have made, a directory each."""
        return self.path / "adapters"

    @property
    def current(self) -> Path:
        """A symbolic link to the adapter in service."""
        return self.path / "current"

    @property
    def promotions(self) -> Path:
        """Which adapters have been in service, and why."""
        return self.path / "promotions.jsonl"

    @property
    def gaps(self) -> Path:
        """What to learn next, for the agent to read."""
        return self.path / "gaps.md"

    @property
    def schedule(self) -> Path:
        """Up to when due times of the schedule have been answered."""
        return self.path / "schedule.json"

    @property
    def lock(self) -> Path:
        """The file the running daemon holds locked."""
        return self.path / "curatord.lock"

    @property
    def log(self) -> Path:
        """The log file; on macOS with the platform's state directory it goes where Console looks."""
        if self.is_default and sys.platform == "darwin":
            return Path.home() / "Library/Logs/curatord/curatord.jsonl"
        return self.path / "logs" / "curatord.jsonl"

    @property
    def socket(self) -> Path:
        """The control socket: in the directory, or in the user's private one where that path is too long.

        A Unix socket's path is limited to 103 (macOS) or 107 (Linux) bytes.
        """
        preferred = self.path / "curatord.sock"
        if len(os.fsencode(preferred)) <= SOCKET_PATH_LIMIT:
            return preferred
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return _private_runtime_directory() / f"{name}.sock"

    def create(self) -> None:
        """Make the directory, readable by its owner alone; raise AccessError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.path.stat().st_uid == os.getuid():
                self.path.chmod(0o700)
        except OSError as error:
            raise AccessError(
                f"The state directory {self.path} cannot be made: {error.strerror}.",
                hint="Set [state] dir to a place you may write to.",
            ) from error
        if self.path.stat().st_uid != os.getuid():
            raise AccessError(
                f"The state directory {self.path} belongs to another user.",
                hint="Set [state] dir to one of yours.",
            )


def config_file(chosen: str | None) -> Path:
    """Return the configuration file: the one chosen, else `$CURATORD_CONFIG`, else the platform's place."""
    if chosen:
        return Path(chosen).expanduser().absolute()
    if variable := os.environ.get("CURATORD_CONFIG"):
        return Path(variable).expanduser().absolute()
    from platformdirs import user_config_path  # noqa: PLC0415  25 ms that most commands need not spend

    return user_config_path("curatord") / "curatord.toml"


def state_directory(configured: Path | None) -> StateDirectory:
    """Return the state directory the settings name, or the platform's."""
    if configured is not None:
        return StateDirectory(configured)
    from platformdirs import user_state_path  # noqa: PLC0415  see above

    return StateDirectory(user_state_path("curatord"), is_default=True)


def peek_state_directory(file: Path) -> StateDirectory:
    """Read nothing of the configuration but `[state] dir`: all that a client needs, without validating the rest.

    Raises ConfigurationError when the file is not TOML.
    """
    hint = "Run `curatord config check`."
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return state_directory(None)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", hint=hint) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.", hint=hint) from error
    return _state_directory_of(content, file)


def salvage_state_directory(file: Path) -> StateDirectory | None:
    """Return what `[state]` says in a file that is not TOML as a whole, None where that is not clear.

    A daemon goes on with its old settings while its file is broken, and its user must still be able to reach it.
    """
    try:
        text = file.read_text(encoding="utf-8")
        found = _STATE_TABLE.search(text)
        if found is None:
            return None if "state" in text else state_directory(None)
        return _state_directory_of(tomllib.loads(found[0]), file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError, ConfigurationError):
        return None


def _state_directory_of(content: dict[str, Any], file: Path) -> StateDirectory:
    state = content.get("state", {})
    chosen = state.get("dir") if isinstance(state, dict) else None
    if not isinstance(chosen, str) or not chosen:
        return state_directory(None)
    try:
        return StateDirectory(expanded(chosen, file.parent))
    except ValueError as error:
        raise ConfigurationError(f"{file}: state.dir = {chosen!r}: {error}.") from error


def expanded(path: str, base: Path) -> Path:
    """Return a path of the configuration as an absolute one: `~` and `$VARIABLE` filled in, else relative to `base`.

    Raises ValueError where it names nothing.
    """
    if not path or "\0" in path:
        raise ValueError("should name a directory")
    try:
        return (base / Path(os.path.expandvars(path)).expanduser()).absolute()
    except RuntimeError as error:
        raise ValueError(f"{Path(path).parts[0]} is no known user's home directory") from error


def is_directory(path: Path) -> bool:
    """Tell whether a directory is there; False where that may not be seen, for which `Path.is_dir` may raise."""
    return os.path.isdir(path)  # noqa: PTH112  see above


def _private_runtime_directory() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    directory = Path(base) / f"curatord-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise AccessError(f"{directory} is not private to this user.", hint="Remove it, or shorten [state] dir.")
    return directory
