"""What tests on the built-in model need: its file, llama.cpp, and programs run the way training is."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from curatord.train import embedded, openblas
from curatord.train.model_files import BaseModelError

HERE = Path(__file__).parent


def run(program: Path, *arguments: str, given: str = "", fast: bool = True) -> str:
    """Run a Python program, as training runs with OpenBLAS where there is one, and return its standard output."""
    library = openblas.preload() if fast else None
    environment = os.environ | ({"LD_PRELOAD": library} if library else {}) | {"PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(program), *arguments],
        input=given,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def need_embedded() -> Path:
    """Return the GGUF file of the built-in model, or skip the test."""
    try:
        return embedded.source()
    except BaseModelError as error:
        pytest.skip(str(error))


def need_llama_cpp() -> None:
    """Skip the test where llama.cpp is not installed."""
    if find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed: it has no wheel for this platform")
