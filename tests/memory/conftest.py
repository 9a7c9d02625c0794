"""What the tests of memory roots share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY = 65534


@pytest.fixture
def unprivileged_root() -> Iterator[Path]:
    """Yield a directory of a user for whom permissions count, acting as that user if the tests run as root."""
    directory = Path(tempfile.mkdtemp())
    was_root = os.geteuid() == 0
    if was_root:
        os.chown(directory, _NOBODY, -1)
        os.seteuid(_NOBODY)
    yield directory
    if was_root:
        os.seteuid(0)
    for path in directory.rglob("*"):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(directory)
