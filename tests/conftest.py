"""What every test may ask for."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from curatord.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Let the programs that tests start be interrupted, also where the suite itself runs in the background.

    A shell has its background jobs ignore SIGINT, and what they start inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on disk."""
    opened = Store.open(tmp_path / "store.db")
    yield opened
    opened.close()
