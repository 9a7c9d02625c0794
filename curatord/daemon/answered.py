"""Up to when due times of the schedule have been answered, kept through restarts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from curatord.log import get_logger
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from pathlib import Path

log = get_logger("training")


class Answered:
    """A moment in a file; where there is none, the schedule begins now: nothing was missed before."""

    def __init__(self, file: Path) -> None:
        """Read the file when it is first needed."""
        self._file = file
        self._moment: datetime | None = None

    def value(self, now: datetime) -> datetime:
        """Return the moment, `now` where none is known."""
        if self._moment is None:
            self._moment = self._read()
            if self._moment is None:
                self.put(now)
        return self._moment or now

    def put(self, moment: datetime) -> None:
        """Keep another moment; a disk that does not take it is told, and what is known here stays true."""
        if moment == self._moment:
            return
        self._moment = moment
        try:
            write_file(self._file, orjson.dumps({"answered": moment.isoformat()}))
        except OSError as error:
            log.warning("schedule_unwritten", file=str(self._file), error=error.strerror)

    def _read(self) -> datetime | None:
        try:
            moment = datetime.fromisoformat(orjson.loads(self._file.read_bytes())["answered"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("schedule_unreadable", file=str(self._file), error=str(error))
            return None
        return moment if moment.tzinfo is not None else None
