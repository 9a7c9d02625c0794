"""Hidden states of the frozen layers, kept per batch: in memory first, then in memory-mapped files.

What fits neither is computed again each time, to the same bits, since a batch has the same rows and width always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

from curatord.train.backend import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Activations:
    """A cache of arrays by number, within two budgets of bytes.

    Files are unlinked as soon as they are mapped: whatever ends the process, their space is given back.
    """

    def __init__(self, directory: Path, *, memory_mb: int, disk_mb: int) -> None:
        """Keep at most `memory_mb` MiB in memory, and `disk_mb` MiB in nameless files of a directory."""
        self._directory = directory
        self._memory_left = memory_mb * MEBIBYTE
        self._disk_left = disk_mb * MEBIBYTE
        self._held: dict[tuple[str, int], mx.array] = {}
        self._filed: dict[tuple[str, int], tuple[np.memmap, mx.Dtype, tuple[int, ...]]] = {}

    def get(self, key: tuple[str, int], compute: Callable[[], mx.array | None]) -> mx.array | None:
        """Return the array of a key, computed at the first call; None where there is none."""
        if key in self._held:
            return self._held[key]
        if key in self._filed:
            return _read(*self._filed[key])
        states = compute()
        if states is not None:
            mx.eval(states)
            self._keep(key, states)
        return states

    def _keep(self, key: tuple[str, int], states: mx.array) -> None:
        if states.nbytes <= self._memory_left:
            self._memory_left -= states.nbytes
            self._held[key] = states
        elif states.nbytes <= self._disk_left:
            self._file(key, states)

    def _file(self, key: tuple[str, int], states: mx.array) -> None:
        """Write first and map then: running out of disk while writing to a mapping would end the process."""
        path = self._directory / f"activations-{key[0]}-{key[1]}"
        try:
            np.array(states.reshape(-1).view(mx.uint8)).tofile(path)
            mapped = np.memmap(path, dtype=np.uint8, mode="r")
        except OSError:
            self._disk_left = 0  # the disk is full: the rest is computed again each time
        else:
            self._disk_left -= states.nbytes
            self._filed[key] = (mapped, states.dtype, states.shape)
        finally:
            path.unlink(missing_ok=True)


def _read(mapped: np.memmap, dtype: mx.Dtype, shape: tuple[int, ...]) -> mx.array:
    return mx.array(np.asarray(mapped)).view(dtype).reshape(shape)
