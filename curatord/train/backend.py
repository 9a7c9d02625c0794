"""What the machine computes on, and what is best done there."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version

import mlx.core as mx
import psutil

from curatord import __version__

MEBIBYTE = 1 << 20


def has_accelerator() -> bool:
    """Whether MLX computes on a GPU: Apple's by Metal, NVIDIA's by CUDA."""
    return mx.default_device().type == mx.DeviceType.gpu


def dtype_for(parameters: int) -> str | None:
    """Return "float32" where the weights are best made float32, None where they stay as they are.

    On the CPU back end quantized and 16-bit products are many times slower than float32 ones by BLAS; there the weights
    are made float32 if they take no more than half of the memory that is free. `parameters` counts weights.
    """
    fits = parameters * 4 <= psutil.virtual_memory().available / 2
    return "float32" if fits and not has_accelerator() else None


def can_compile() -> bool:
    """Whether MLX can fuse operations: its CPU back end calls a C++ compiler to do so."""
    return has_accelerator() or any(shutil.which(name) for name in ("g++", "c++", "clang++"))


def choose_compilation() -> None:
    """Keep MLX from calling a compiler that is not there."""
    if not can_compile():
        mx.disable_compile()


def peak_memory_mb() -> float:
    """Return the most memory that arrays took so far, in MiB."""
    return float(mx.get_peak_memory() / MEBIBYTE)


def versions() -> dict[str, str]:
    """Return the versions that a run's numbers depend on."""
    found = {"curatord": __version__, "python": platform.python_version()}
    for name in ("mlx", "mlx-lm"):
        try:
            found[name.replace("-", "_")] = version(name)
        except PackageNotFoundError:
            found[name.replace("-", "_")] = "unknown"
    return found
