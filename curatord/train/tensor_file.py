"""Arrays on disk, in the safetensors format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx

from curatord.store.atomic import flush

if TYPE_CHECKING:
    from pathlib import Path

Arrays = dict[str, mx.array]


def write(path: Path, arrays: Arrays) -> None:
    """Write arrays to a new file, flushed to disk; raises OSError where the disk is full.

    Through a file of Python's: MLX's own would raise an error that does not tell why.
    """
    with path.open("wb") as file:
        mx.save_safetensors(file, arrays)
        file.flush()
        flush(file.fileno())


def read(path: Path) -> Arrays:
    """Return the arrays of a file in the order of their names; raises OSError, or ValueError for a damaged file."""
    try:
        arrays = mx.load(str(path), format="safetensors")
    except RuntimeError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    assert isinstance(arrays, dict)
    mx.eval(arrays)
    return dict(sorted(arrays.items()))
