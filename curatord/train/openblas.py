"""Where OpenBLAS is: preloaded into a training process, it replaces the slow reference BLAS in MLX's Linux wheel.

The dynamic linker resolves `cblas_sgemm` to the first library that has it, and a preloaded one comes first (ld.so(8)).
"""

from __future__ import annotations

import ctypes.util
import sys
from pathlib import Path

# Threads before one thread, then OpenMP: what Debian, Fedora, Arch, openSUSE and Alpine call it.
_NAMES = (
    "openblas-pthread/libopenblas.so.0",
    "openblas-openmp/libopenblas.so.0",
    "libopenblasp.so.0",
    "libopenblaso.so.0",
    "libopenblas.so.0",
    "libopenblas.so.3",
    "libopenblas.so",
)
_DIRECTORIES = ("/usr/lib/*-linux-*", "/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib", "/lib64")


def preload() -> str | None:
    """Return the path of an OpenBLAS library for `LD_PRELOAD`; None where there is none, and on macOS.

    Apple's Accelerate serves MLX there.
    """
    return find(Path("/")) if sys.platform == "linux" else None


def find(root: Path) -> str | None:
    """Return the best OpenBLAS below the file system's `root`, None where there is none."""
    for name in _NAMES:
        for pattern in _DIRECTORIES:
            for path in sorted(root.glob(f"{pattern.lstrip('/')}/{name}")):
                if path.is_file():
                    return str(path)
    # A name without a directory is enough: the linker searches for it where it was found.
    return ctypes.util.find_library("openblas") if root == Path("/") else None
