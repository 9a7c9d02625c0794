"""Several processes that train one model together, data-parallel, on one machine or on many.

Each holds the whole model and works on its share of every batch; gradients are summed by `mx.distributed`. The first
process has the run's directory. The others are sent what they need of it, so that no file system must be shared.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

from curatord.train.material import Share

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory

# What goes on needs the data, and where training stood.
_SENT = ("request.json", "snapshot", "checkpoints", "sft-adapter")


def join() -> Share:
    """Return which process this is; alone, where `mlx.launch` did not start it."""
    group = mx.distributed.init()
    return Share(group.rank(), group.size())


def agreed(wish: bool, share: Share) -> bool:
    """Return whether any of the processes has a wish: all of them do what one wants."""
    if share.size == 1:
        return wish
    return bool((mx.distributed.all_sum(mx.array(int(wish))) > 0).item())


def send(run: RunDirectory) -> None:
    """Give the other processes what they need of the first one's run directory."""
    _broadcast(_packed(run.path))


def receive(directory: Path) -> None:
    """Put what the first process sends into a directory of this one's own."""
    with tarfile.open(fileobj=io.BytesIO(_broadcast(b""))) as archive:
        archive.extractall(directory, filter="data")


def _packed(directory: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in _SENT:
            if (directory / name).exists():
                archive.add(directory / name, arcname=name)
    return buffer.getvalue()


def _broadcast(data: bytes) -> bytes:
    """Return the bytes of the one process that has any: zeros added to them by the others change nothing."""
    size = int(np.array(mx.distributed.all_sum(mx.array(len(data)))))
    mine = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(size, dtype=np.uint8)
    return np.array(mx.distributed.all_sum(mx.array(mine))).tobytes()
