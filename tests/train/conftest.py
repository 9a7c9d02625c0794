"""What the tests of training share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mlx.core as mx
import pytest

from curatord.store.database import Store
from curatord.train import embedded
from tests.train.models import need_embedded
from tests.train.test_snapshot import facts, put
from tests.train.tiny import FACTS

MAKER = Path(__file__).parents[1] / "e2e" / "tiny_model.py"


@pytest.fixture(scope="session", autouse=True)
def _without_a_compiler() -> None:
    """Let MLX run operations one by one: a C++ compiler, called for each kind of step, would take most of the time."""
    mx.disable_compile()


@pytest.fixture(scope="session")
def tiny_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as mlx_lm loads it: a llama with two layers and a tokenizer of its own."""
    place = tmp_path_factory.mktemp("tiny")
    text = place / "text.txt"
    text.write_text("\n".join(f"{question} {answer}" for question, answer in FACTS))
    subprocess.run([sys.executable, MAKER, text, place / "model"], check=True, timeout=100)
    return place / "model"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models directory that holds the built-in model; copy it before changing it."""
    need_embedded()
    directory = tmp_path_factory.mktemp("models")
    embedded.fetch(directory)
    return directory


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A store with ten facts."""
    store = Store.open(tmp_path / "store.db")
    put(store, *facts(10))
    store.close()
    return store.path
