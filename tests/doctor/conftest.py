"""What tests of the doctor's checks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.doctor.finding import Situation, situation
from tests.live import Live, configure
from tests.memory.conftest import unprivileged_root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["unprivileged_root"]


@pytest.fixture
def still(tmp_path: Path) -> Live:
    """A configuration with two memory roots, and no daemon."""
    return configure(tmp_path)


@pytest.fixture
def here(still: Live) -> Situation:
    """The situation of that configuration."""
    return situation(still.config)
