"""What the daemon writes about itself: JSON lines to a rotated private file, and a readable form on a terminal.

Every line has `event`, `level` and `time`, and the ids it speaks of; the text of a note never appears. Records of
the libraries (uvicorn, apscheduler, watchdog) pass through the same door.
"""

from __future__ import annotations

import logging
import logging.handlers
import math
import os
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import orjson
import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor

    from curatord.config_keeping import Log

_SHARED: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
)
SECONDS_A_DAY = 86_400
_LONGEST_LINE = 65_536  # bytes that are read to find out when a log began
_QUIET_LIBRARIES = ("uvicorn", "apscheduler", "watchdog", "asyncio", "fastapi")


def configure(settings: Log, file: Path, *, terminal: bool = False) -> None:
    """Send log lines to `file`, and to standard error in a readable form when `terminal` is set."""
    handlers: list[logging.Handler] = [_file_handler(settings, file)]
    if terminal:
        handlers.append(_terminal_handler())
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(settings.level.upper())
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger; `name` is the part of the daemon that speaks."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(f"curatord.{name}", part=name)
    return logger


class PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    """A log file readable by its owner alone, rotated by size and by age whenever a line is written.

    A file is as old as its first line. Rotated files whose last line is older than `keep_days` are deleted with each
    rotation, and when the log is opened. 0 days mean never.
    """

    has_failed = False

    def __init__(self, file: Path, settings: Log) -> None:
        """Open the file, which is made where it is not there."""
        self._max_seconds = settings.max_days * SECONDS_A_DAY or math.inf
        self._keep_seconds = settings.keep_days * SECONDS_A_DAY or math.inf
        self._began: float | None = None
        super().__init__(file, maxBytes=settings.max_bytes, backupCount=settings.backups)
        self._delete_old()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802  logging's name
        """Tell whether the line would make the file too large, or is written too long after its first."""
        if self._began is None:
            self._began = record.created
        is_old = record.created - self._began > self._max_seconds
        return is_old or bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802  logging's name
        """Begin a new file."""
        super().doRollover()
        self._delete_old()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  logging's name
        """Tell once on standard error that the file cannot be written; logging's own way is a traceback a line."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self.has_failed:
            self.has_failed = True
            sys.stderr.write(f"curatord: the log {self.baseFilename} cannot be written: {error.strerror}.\n")

    def close(self) -> None:
        """Close the file; what the disk has not taken by then is lost."""
        with suppress(OSError):
            super().close()

    def _open(self) -> Any:  # noqa: ANN401  the type the standard library's own method has
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._began = _time_of_first_line(Path(self.baseFilename))
        return open(descriptor, self.mode, encoding="utf-8", errors="backslashreplace")  # noqa: PTH123

    def _delete_old(self) -> None:
        file = Path(self.baseFilename)
        for rotated in file.parent.glob(f"{file.name}.*"):
            with suppress(OSError):  # it stays until the next time
                is_ours = rotated.suffix[1:].isdigit()
                if is_ours and time.time() - rotated.stat().st_mtime > self._keep_seconds:
                    rotated.unlink()


def _time_of_first_line(file: Path) -> float | None:
    """Return when a log was begun, in seconds since the epoch; None where it is empty, or does not tell."""
    try:
        with file.open("rb") as lines:
            return datetime.fromisoformat(orjson.loads(lines.readline(_LONGEST_LINE))["time"]).timestamp()
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file_handler(settings: Log, file: Path) -> logging.Handler:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handler = PrivateRotatingFile(file, settings)
    handler.setFormatter(_formatter(_render_json))
    return handler


def _terminal_handler() -> logging.Handler:
    handler: logging.StreamHandler[TextIO] = logging.StreamHandler(sys.stderr)
    colors = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    handler.setFormatter(_formatter(structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time")))
    return handler


def _formatter(renderer: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def _render_json(_logger: object, _method: str, event: EventDict) -> str:
    ordered = {"time": event.pop("time", None), "level": event.pop("level", None), **event}
    # Paths may hold bytes that are not UTF-8, which JSON cannot: they are written with backslashes.
    text = orjson.dumps(_plain(ordered), default=str)
    return text.decode()


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
