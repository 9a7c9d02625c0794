"""The exam is sat by the tiny model of the training tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exam.nights import Night, a_night
from tests.train.conftest import notes, tiny_directory

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["notes", "tiny_directory"]


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory, tiny_directory: Path) -> Night:
    """What a night left; look, do not touch."""
    return a_night(tmp_path_factory.mktemp("night"), tiny_directory)
