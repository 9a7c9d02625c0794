"""What the tests of serving share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx
import pytest

from tests.serve.world import make_tiny

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _without_a_compiler() -> None:
    """Let MLX run operations one by one: a C++ compiler would take most of the time."""
    mx.disable_compile()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as mlx_lm loads it: a llama with two layers in float32."""
    return make_tiny(tmp_path_factory.mktemp("tiny") / "model", max_position_embeddings=512)
