"""Checkpoints of a run: everything the next step depends on, put in place as a whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import orjson

from curatord.store.atomic import TEMPORARY_SUFFIX, flush_directory, write_file
from curatord.train import tensor_file
from curatord.train.loop import Moment, Position
from curatord.train.run_events import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_events import Trained

KEPT = 2  # the last, and the one before it in case the last cannot be read


class Checkpoint(NamedTuple):
    """Where a run stood: in which stage, and at which moment of it."""

    stage: Trained
    moment: Moment


def save(directory: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint below a directory, and remove all but the last ones. Raises OSError on a full disk."""
    moment = checkpoint.moment
    place = directory / f"{_ORDER[checkpoint.stage]}-{moment.position.step:08d}"
    temporary = directory / f"{place.name}{TEMPORARY_SUFFIX}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    arrays = {f"{group}/{name}": array for group, named in _groups(moment).items() for name, array in named.items()}
    tensor_file.write(temporary / "arrays.safetensors", arrays)
    write_file(temporary / "position.json", orjson.dumps({"stage": checkpoint.stage, **asdict(moment.position)}))
    flush_directory(temporary)
    shutil.rmtree(place, ignore_errors=True)
    temporary.rename(place)
    flush_directory(directory)
    for old in _places(directory)[KEPT:]:
        shutil.rmtree(old)


def load_last(directory: Path) -> Checkpoint | None:
    """Return the newest checkpoint that can be read, None where there is none."""
    for place in _places(directory):
        try:
            return _load(place)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _load(place: Path) -> Checkpoint:
    position = orjson.loads((place / "position.json").read_bytes())
    stage: Trained = Stage.DPO if position.pop("stage") == Stage.DPO else Stage.SFT
    groups: dict[str, tensor_file.Arrays] = {"weights": {}, "best": {}, "optimizer": {}}
    for name, array in tensor_file.read(place / "arrays.safetensors").items():
        group, _, rest = name.partition("/")
        groups[group][rest] = array
    return Checkpoint(stage, Moment(Position(**position), **groups))


def _groups(moment: Moment) -> dict[str, tensor_file.Arrays]:
    return {
        "weights": moment.weights,
        "best": moment.best,
        "optimizer": moment.optimizer,
    }


_ORDER = {Stage.SFT: "1-sft", Stage.DPO: "2-dpo"}


def _places(directory: Path) -> list[Path]:
    """Return the checkpoints, the newest first."""
    found = (place for place in directory.glob("*-*") if not place.name.endswith(TEMPORARY_SUFFIX))
    return sorted(found, key=lambda place: place.name, reverse=True)
