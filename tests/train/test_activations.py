"""Hidden states kept in memory, then on disk, then not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import mlx.core as mx
import pytest

from curatord.train.activations import Activations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEBIBYTE_OF_FLOATS = (256, 1024)


def _counted(seed: int, calls: list[int], dtype: mx.Dtype = mx.float32) -> Callable[[], mx.array]:
    def compute() -> mx.array:
        calls.append(seed)
        return mx.random.normal(MEBIBYTE_OF_FLOATS, key=mx.random.key(seed)).astype(dtype)

    return compute


def test_what_fits_is_computed_once_and_what_does_not_each_time(tmp_path: Path) -> None:
    """One MiB in memory, one on disk, the third nowhere; all come back to the last bit."""
    cache, calls = Activations(tmp_path, memory_mb=1, disk_mb=1), list[int]()
    for _ in range(2):
        for seed in range(3):
            states = cache.get(("sft", seed), _counted(seed, calls))
            assert states is not None
            assert mx.array_equal(states, mx.random.normal(MEBIBYTE_OF_FLOATS, key=mx.random.key(seed)))
    assert calls == [0, 1, 2, 2]


@pytest.mark.parametrize("dtype", [mx.float16, mx.bfloat16, mx.float32])
def test_the_disk_gives_back_every_type(tmp_path: Path, dtype: mx.Dtype) -> None:
    """NumPy has no bfloat16; bytes have no such gap."""
    cache, calls = Activations(tmp_path, memory_mb=0, disk_mb=4), list[int]()
    first, second = (cache.get(("sft", 0), _counted(5, calls, dtype)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert second.dtype == dtype
    assert mx.array_equal(first, second)
    assert calls == [5]


def test_no_file_stays_behind(tmp_path: Path) -> None:
    """A killed process leaves no gigabytes."""
    Activations(tmp_path, memory_mb=0, disk_mb=4).get(("sft", 0), _counted(1, []))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    """What cannot be kept is computed again."""
    gone = tmp_path / "gone"
    cache, calls = Activations(gone, memory_mb=0, disk_mb=4), list[int]()
    for _ in range(2):
        cache.get(("sft", 0), _counted(2, calls))
    assert calls == [2, 2]
    assert not os.path.lexists(gone)


def test_nothing_to_keep_is_no_error(tmp_path: Path) -> None:
    """Where every layer is trained there are no frozen activations."""
    assert Activations(tmp_path, memory_mb=1, disk_mb=1).get(("sft", 0), lambda: None) is None
