"""What tests of the control socket may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.control.serving import Serving, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Serving]:
    """A server with the sample document in its store."""
    with serving(tmp_path) as running:
        yield running
