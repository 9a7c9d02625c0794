"""A finished run and the page about it, for all that look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.report.gather import gather
from curatord.report.page import page
from tests.report.finished import finished

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.paths import StateDirectory
    from curatord.report.gather import Report
    from curatord.train.run_directory import RunDirectory


@pytest.fixture(scope="session")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[StateDirectory, RunDirectory]:
    """A run that has ended; look, do not touch."""
    return finished(tmp_path_factory.mktemp("ended"))


@pytest.fixture(scope="session")
def told(ended: tuple[StateDirectory, RunDirectory]) -> Report:
    """What there is to tell about it."""
    return gather(*ended)


@pytest.fixture(scope="session")
def written(told: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page about it, as a file."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(page(told), encoding="utf-8")
    return file
