"""One tree of errors: each tells what happened, what to do next, and how the command ends."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends; documented in the README and relied on by scripts."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    ATTENTION = 4
    CONFIGURATION = 5
    PERMISSION = 6
    BUSY = 75
    INTERRUPTED = 130


class CuratordError(Exception):
    """Something went wrong that the user can act on.

    The default message of each class is its docstring's first line.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str | None = None, *, hint: str = "") -> None:
        """Say what happened to which thing (`message`) and what to do next (`hint`)."""
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        """One line: the message, then the hint."""
        return f"{self.message} {self.hint}".strip()


class UsageError(CuratordError):
    """The command was called in a way it does not understand."""

    exit_code = ExitCode.USAGE


class NotRunningError(CuratordError):
    """No curatord daemon is running."""

    exit_code = ExitCode.NOT_RUNNING


class ConfigurationError(CuratordError):
    """The configuration is invalid."""

    exit_code = ExitCode.CONFIGURATION


class AccessError(CuratordError):
    """A file or socket may not be used by this user."""

    exit_code = ExitCode.PERMISSION


class BusyError(CuratordError):
    """The thing asked for is in use; try again later."""

    exit_code = ExitCode.BUSY


class StoreError(CuratordError):
    """The store cannot be used."""


class NotFoundError(CuratordError):
    """There is no such thing in the store."""
