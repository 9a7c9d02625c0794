"""Where OpenBLAS is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from curatord.train import openblas


@pytest.mark.parametrize(
    "place",
    [
        "usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
        "usr/lib/aarch64-linux-gnu/libopenblas.so.0",
        "usr/lib64/libopenblasp.so.0",
        "usr/lib/libopenblas.so.3",
    ],
)
def test_it_is_found_where_distributions_put_it(tmp_path: Path, place: str) -> None:
    """Debian, Fedora, Alpine."""
    library = tmp_path / place
    library.parent.mkdir(parents=True)
    library.touch()

    assert openblas.find(tmp_path) == str(library)


def test_the_threaded_library_comes_before_the_serial_one(tmp_path: Path) -> None:
    """Fedora installs both, and the plain name is the serial one."""
    directory = tmp_path / "usr" / "lib64"
    directory.mkdir(parents=True)
    for name in ("libopenblas.so.0", "libopenblasp.so.0"):
        (directory / name).touch()

    assert openblas.find(tmp_path) == str(directory / "libopenblasp.so.0")


def test_without_it_there_is_nothing_to_preload(tmp_path: Path) -> None:
    """Nothing breaks."""
    assert openblas.find(tmp_path) is None


def test_what_is_preloaded_exists() -> None:
    """On this machine, where it is installed."""
    found = openblas.preload()
    if found is None:
        pytest.skip("OpenBLAS is not installed")
    assert Path(found).is_file() or "/" not in found
