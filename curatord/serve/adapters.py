"""The adapters on disk: those that were kept, the one in service, and the switch from one to another.

    adapters/ID/      an adapter with its exam, never changed once it is there
    current           a symbolic link to the one in service; it is replaced as a whole
    promotions.jsonl  every switch: when, to which adapter, from which, and why

Nothing here imports the training libraries: the daemon and every command read these files.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from filelock import FileLock
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from curatord.errors import CuratordError, NotFoundError, StoreError
from curatord.exam.records import read_exam
from curatord.store.atomic import TEMPORARY_SUFFIX, flush_directory, write_file
from curatord.train.adapter_files import CONFIG, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.exam.records import Exam
    from curatord.paths import StateDirectory

BASE = ""  # how a switch back to the base model alone is written down


class Switch(BaseModel):
    """One promotion, or the way back from one; an empty name is the base model alone."""

    model_config = ConfigDict(frozen=True)

    time: AwareDatetime
    adapter: str
    before: str
    reason: str
    back: bool = False


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter that was kept."""

    path: Path

    @property
    def id(self) -> str:
        """Its identity, which is that of the run that made it."""
        return self.path.name

    def exam(self) -> Exam | None:
        """Return the exam it sat, None where it sat none; raises StoreError where the record is damaged."""
        return read_exam(self.path)

    def config(self) -> dict[str, Any]:
        """Return `adapter_config.json`; raises StoreError where it cannot be read."""
        try:
            content: dict[str, Any] = orjson.loads((self.path / CONFIG).read_bytes())
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.path / CONFIG} cannot be read.", hint="Promote another adapter.") from error
        return content


class Adapters:
    """The adapters of one state directory."""

    def __init__(self, state: StateDirectory) -> None:
        """Look nowhere yet."""
        self.directory = state.adapters
        self._current = state.current
        self._history = state.promotions
        self._lock = FileLock(state.path / "adapters.lock")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every adapter, and the one in service, as they are for the length of a block."""
        with self._lock:
            yield

    def all(self) -> list[Adapter]:
        """Return every adapter, in order of their runs."""
        if not self.directory.is_dir():
            return []
        found = sorted(path for path in self.directory.iterdir() if (path / WEIGHTS).is_file())
        return [Adapter(path) for path in found if not path.name.endswith(TEMPORARY_SUFFIX)]

    def find(self, identity: str) -> Adapter:
        """Return the adapter of this identity, or the only one whose identity begins so; raise NotFoundError."""
        matches = [adapter for adapter in self.all() if adapter.id.startswith(identity)]
        if len(matches) != 1 or not identity:
            found = "More than one adapter begins" if len(matches) > 1 else "There is no adapter that begins"
            raise NotFoundError(f'{found} with "{identity}".', hint="See `curatord adapters list`.")
        return matches[0]

    def in_service(self) -> Adapter | None:
        """Return the adapter in service, None where the base answers alone."""
        try:
            name = self._current.readlink().name
        except OSError:
            return None
        adapter = Adapter(self.directory / name)
        return adapter if (adapter.path / WEIGHTS).is_file() else None

    def history(self) -> list[Switch]:
        """Return every switch in its order; lines that cannot be read are left out."""
        try:
            lines = self._history.read_bytes().splitlines()
        except OSError:
            return []
        return [switch for line in lines if (switch := _parsed(line)) is not None]

    def promote(self, adapter: Adapter, reason: str) -> Switch:
        """Put an adapter into service; raises CuratordError where it is there already or the disk fails."""
        with self._lock:
            now = self.in_service()
            if now is not None and now.id == adapter.id:
                raise CuratordError(f"The adapter {adapter.id} is in service already.", hint="")
            return self._switch(adapter.id, now, reason)

    def roll_back(self, reason: str) -> Switch:
        """Put the adapter into service that was there before, or the base alone; raises NotFoundError without one."""
        with self._lock:
            now = self.in_service()
            if now is None:
                raise NotFoundError("There is no adapter in service.", hint="See `curatord adapters list`.")
            return self._switch(self._before(now), now, reason, back=True)

    def prune(self, keep: int) -> list[str]:
        """Delete all but the last `keep` adapters, and return their names.

        Neither the one in service nor the one before it is ever deleted.
        """
        with self._lock:
            gone = self.surplus(keep)
            for adapter in gone:
                shutil.rmtree(adapter.path, ignore_errors=True)
            return [adapter.id for adapter in gone]

    def surplus(self, keep: int) -> list[Adapter]:
        """Return the adapters that `prune` would delete."""
        now = self.in_service()
        spared = {now.id, self._before(now)} if now else set()
        old = self.all()[:-keep] if keep else self.all()
        return [adapter for adapter in old if adapter.id not in spared]

    def _before(self, now: Adapter) -> str:
        """Return what served before the adapter in service came, passing over what is not there any more."""
        served: list[str] = []
        for switch in self.history():
            if switch.back and served:
                served.pop()
                while served and served[-1] != switch.adapter:
                    served.pop()
            else:
                served.append(switch.adapter)
        there = {adapter.id for adapter in self.all()} - {now.id}
        return next((name for name in reversed(served) if name in there), BASE)

    def _switch(self, identity: str, now: Adapter | None, reason: str, *, back: bool = False) -> Switch:
        before = now.id if now else BASE
        switch = Switch(time=datetime.now(UTC), adapter=identity, before=before, reason=reason, back=back)
        try:
            self._link(identity)
            lines = self._history.read_bytes() if self._history.exists() else b""
            write_file(self._history, lines + switch.model_dump_json().encode() + b"\n")
        except OSError as error:
            raise StoreError(
                f"{self._current} cannot be switched: {error.strerror}.", hint="Check the disk."
            ) from error
        return switch

    def _link(self, identity: str) -> None:
        if identity == BASE:
            self._current.unlink(missing_ok=True)
        else:
            draft = self._current.with_name(self._current.name + TEMPORARY_SUFFIX)
            draft.unlink(missing_ok=True)
            draft.symlink_to(Path(self.directory.name) / identity, target_is_directory=True)
            draft.replace(self._current)
        flush_directory(self._current.parent)


def _parsed(line: bytes) -> Switch | None:
    try:
        return Switch.model_validate_json(line)
    except ValidationError:
        return None
