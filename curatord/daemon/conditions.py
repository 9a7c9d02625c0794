"""Whether the machine consents to training: what was read of it, held against `[training.conditions]`.

What cannot be known holds nothing: a machine without a battery is on power, one without a screen has nobody at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.config import Conditions

LOAD_SECONDS = 60.0  # what the kernel's one-minute load average decays with


@dataclass(frozen=True, slots=True)
class Readings:
    """What the machine is like now; None: not known.

    `load` is the one-minute load average and `own_load` the part of it that is the run's own; memory and disk are
    bytes, `available_memory` as if the run were not there; `throttled` tells in words what heat has slowed down.
    """

    on_battery: bool | None = None
    battery_percent: float | None = None
    load: float | None = None
    own_load: float = 0.0
    cores: int = 1
    available_memory: int | None = None
    free_disk: int | None = None
    idle_seconds: float | None = None
    display_awake: bool | None = None
    throttled: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One condition: its name in the settings, whether it is met, and what it is judged by, in a sentence's words.

    A condition that is switched off is met.
    """

    name: str
    met: bool
    told: str


def verdicts(readings: Readings, conditions: Conditions) -> tuple[Verdict, ...]:
    """Judge every condition."""
    return (
        _power(readings, conditions),
        _load(readings, conditions),
        _memory(readings, conditions),
        _disk(readings, conditions),
        _idle(readings, conditions),
        _display(readings, conditions),
        _thermal(readings, conditions),
    )


def held_by(judged: tuple[Verdict, ...], *, asked_for: bool) -> tuple[str, ...]:
    """Return what is not met; a run that a person asked for needs nothing but disk."""
    return tuple(_reasons(judged, asked_for=asked_for))


class OwnLoad:
    """The run's own part of the load average, decaying as the kernel lets the whole decay.

    So neither a run that has just begun hides the load of others, nor one that has just ended is taken for it.
    """

    def __init__(self) -> None:
        """Begin with no run."""
        self.value = 0.0

    def update(self, busy_cores: float, seconds: float) -> None:
        """Note that the run has kept so many cores busy for the last seconds."""
        kept = exp(-seconds / LOAD_SECONDS)
        self.value = self.value * kept + busy_cores * (1 - kept)


def _reasons(judged: tuple[Verdict, ...], *, asked_for: bool) -> Iterator[str]:
    for verdict in judged:
        if not verdict.met and (verdict.name == "min_free_disk_mb" or not asked_for):
            yield f"{verdict.told} ({verdict.name})"


def _power(readings: Readings, conditions: Conditions) -> Verdict:
    if readings.on_battery is None:
        return Verdict("on_power", True, "no battery is known")
    charge = "" if readings.battery_percent is None else f", {readings.battery_percent:.0f} %"
    told = f"on battery{charge}" if readings.on_battery else "on power"
    return Verdict("on_power", not (conditions.on_power and readings.on_battery), told)


def _load(readings: Readings, conditions: Conditions) -> Verdict:
    if readings.load is None:
        return Verdict("max_load", True, "the load is not known")
    others = max(0.0, readings.load - readings.own_load) / readings.cores
    met = not conditions.max_load or others <= conditions.max_load
    return Verdict("max_load", met, f"load of others {others:.2f} per core{_limit(conditions.max_load)}")


def _memory(readings: Readings, conditions: Conditions) -> Verdict:
    return _at_least("min_free_memory_mb", readings.available_memory, conditions.min_free_memory_mb, "memory available")


def _disk(readings: Readings, conditions: Conditions) -> Verdict:
    return _at_least("min_free_disk_mb", readings.free_disk, conditions.min_free_disk_mb, "disk free")


def _at_least(name: str, amount: int | None, least_mb: int, what: str) -> Verdict:
    if amount is None:
        return Verdict(name, True, f"{what}: not known")
    mebibytes = amount // 2**20
    return Verdict(name, mebibytes >= least_mb, f"{mebibytes} MiB of {what}{_limit(least_mb)}")


def _idle(readings: Readings, conditions: Conditions) -> Verdict:
    if readings.idle_seconds is None:
        return Verdict("idle_minutes", True, "nobody is known to be at the machine")
    minutes = readings.idle_seconds / 60
    told = f"keyboard and mouse rest for {minutes:.0f} min{_limit(conditions.idle_minutes)}"
    return Verdict("idle_minutes", minutes >= conditions.idle_minutes, told)


def _display(readings: Readings, conditions: Conditions) -> Verdict:
    if readings.display_awake is None:
        return Verdict("display_asleep", True, "no display is known")
    told = "the display is awake" if readings.display_awake else "the display sleeps"
    return Verdict("display_asleep", not (conditions.display_asleep and readings.display_awake), told)


def _thermal(readings: Readings, conditions: Conditions) -> Verdict:
    met = readings.throttled is None or not conditions.thermal
    return Verdict("thermal", met, readings.throttled or "not throttled for heat")


def _limit(number: float) -> str:
    return f", limit {number:g}" if number else ""
