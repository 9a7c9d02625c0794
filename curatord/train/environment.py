"""The environment of a process that trains: what must be set before it starts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from curatord.train.openblas import preload

if TYPE_CHECKING:
    from collections.abc import Mapping

# glibc returns every large block to the kernel when it is freed, and is given the next one page by page; a training
# step frees and takes the same blocks over and over.
_KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}


def training_environment(current: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with a fast BLAS, where one is installed, and an allocator that keeps what it has."""
    libraries = [library for library in (preload(), current.get("LD_PRELOAD")) if library]
    beside = _KEEP_MEMORY if sys.platform == "linux" else {}
    return {**current, **beside} | ({"LD_PRELOAD": ":".join(libraries)} if libraries else {})
