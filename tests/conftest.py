"""What every test may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on disk."""
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()
