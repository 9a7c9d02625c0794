"""What tests of the command line may ask for: a daemon that runs for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE = """\
# Cold store

The cold store keeps seeds at 4 degrees Celsius. It holds 120 jars on six shelves.

## Limits

- The door must not stay open for more than two minutes, because the compressor then overheats.
- A power cut of four hours warms the store to 9 degrees.

| Shelf | Seeds | Jars |
|-------|-------|------|
| 1 | beans | 20 |
| 2 | lettuce | 35 |
"""


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running daemon with one note that gives pairs and one that is too short."""
    directory = tmp_path_factory.mktemp("live")
    configure(directory)
    (directory / "knowledge" / "cold-store.md").write_text(NOTE)
    (directory / "knowledge" / "short.md").write_text("# Too short\n")
    with running(directory) as daemon:
        yield daemon


@pytest.fixture
def still(tmp_path: Path) -> Live:
    """A configuration without a daemon."""
    return configure(tmp_path)
