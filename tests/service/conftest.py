"""What tests of the service may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service.mac import Mac

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mac]:
    """A Mac, as far as launchctl goes, whose shell this process is."""
    machine = Mac(tmp_path / "mac")
    machine.make()
    for name, value in machine.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    yield machine
    machine.end()
