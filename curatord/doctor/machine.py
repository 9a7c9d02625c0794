"""What the machine has to spare: disk, memory, open files; and whether its clock can be trusted."""

from __future__ import annotations

import os
import resource
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from curatord.doctor.finding import fail, ok, warn
from curatord.paths import is_directory

if TYPE_CHECKING:
    from curatord.doctor.finding import Finding, Situation

MEBIBYTE = 1 << 20
LEAST_DISK_MB = 64  # below that even shards and the log do not fit
LEAST_MEMORY_MB = 3072  # of the machine in all: the daemon, a worker, and training of the built-in model
LEAST_OPEN_FILES = 512  # macOS grants 256: files, sockets, and a watch for each root
BUILT = datetime(2025, 1, 1, tzinfo=UTC)  # no clock that is right tells less
AHEAD = timedelta(hours=26)  # what lies further in the future is no matter of time zones


def disk(situation: Situation) -> Finding:
    """Check that there is room on the disk for the state directory and for training."""
    wanted = situation.settings.training.conditions.min_free_disk_mb
    place = next(path for path in (situation.state.path, *situation.state.path.parents) if is_directory(path))
    free = shutil.disk_usage(place).free // MEBIBYTE
    if free < LEAST_DISK_MB:
        return fail(f"Only {free} MiB are free where {place} is.", f"du -xh {place} | sort -h | tail")
    if free < wanted:
        return warn(
            f"{free} MiB are free where {place} is; training waits for {wanted} (min_free_disk_mb).", "curatord gc"
        )
    return ok(f"{free} MiB are free where {place} is.")


def memory(situation: Situation) -> Finding:
    """Check that there is memory for training."""
    import psutil  # noqa: PLC0415  needed here alone

    wanted = situation.settings.training.conditions.min_free_memory_mb
    found = psutil.virtual_memory()
    total, available = found.total // MEBIBYTE, found.available // MEBIBYTE
    if total < LEAST_MEMORY_MB:
        return warn(f"The machine has {total} MiB of memory; training may run out of it.", "Choose a smaller base.")
    if available < wanted:
        told = f"{available} of {total} MiB of memory are available; training waits for {wanted} (min_free_memory_mb)."
        return warn(told, "Close programs, or lower min_free_memory_mb in [training.conditions].")
    return ok(f"{available} of {total} MiB of memory are available.")


def open_files(_: Situation) -> Finding:
    """Check that a process may hold enough files open."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_OPEN_FILES:
        told = f"A process started from here may hold {limit} files open; the service has a limit of its own."
        return warn(told, f"ulimit -n {8 * LEAST_OPEN_FILES}")
    return ok(f"A process may hold {'any number of' if limit == resource.RLIM_INFINITY else limit} files open.")


def clock(situation: Situation) -> Finding:
    """Check that the clock tells a time that can be and runs forward, and that the time zone is known."""
    now, before = datetime.now(UTC), time.monotonic()
    if now < BUILT:
        return fail(f"The clock says {now:%Y-%m-%d}.", _set_the_clock())
    if time.monotonic() < before:
        return fail("The clock of the processor runs backwards.", "Restart the machine.")
    written = _last_written(situation)
    if written is not None and written > now + AHEAD:
        told = f"The clock says {now:%Y-%m-%d}, but curatord wrote something on {written:%Y-%m-%d}."
        return warn(told, _set_the_clock())
    zone = os.environ.get("TZ", "")
    if zone and not _is_zone(zone.removeprefix(":")):
        return warn(f'$TZ is "{zone}", which is no time zone: the schedule goes by UTC.', "unset TZ")
    local = now.astimezone()
    return ok(f"It is {local:%Y-%m-%d %H:%M} ({local.tzname()}).")


def _last_written(situation: Situation) -> datetime | None:
    times = [file.stat().st_mtime for file in (situation.state.store, situation.state.log) if file.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def _is_zone(name: str) -> bool:
    """Tell whether a name is a time zone: a file's, one of the database, or POSIX's form `CET-1CEST`."""
    if Path(name).is_absolute():
        return Path(name).is_file()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return any(character.isdigit() for character in name)
    return True


def _set_the_clock() -> str:
    return "sudo sntp -sS time.apple.com" if os.uname().sysname == "Darwin" else "sudo timedatectl set-ntp true"
