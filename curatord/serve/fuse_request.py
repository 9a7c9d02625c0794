"""Fusing asked for in one process and done in another: MLX computes in a child, as training does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from curatord.errors import CuratordError, ExitCode
from curatord.train.environment import training_environment

FUSE = (sys.executable, "-m", "curatord.serve.fuse")


class FuseError(CuratordError):
    """The adapter cannot be fused into its base."""


class Request(BaseModel):
    """What to fuse: a base model by name, the adapter's directory, the directory to make.

    `sha256` is that of the base the adapter was made for (empty: any), `questions` those that fused and unfused replies
    are compared on, `system` the system text they are asked with. With `force` an adapter that is lost is written too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str
    models: Path
    adapter: Path
    out: Path
    questions: list[str]
    system: str
    sha256: str = ""
    dequantize: bool = False
    gguf: bool = False
    ollama: bool = False
    force: bool = False


class Report(BaseModel):
    """A fused model, and how much of the adapter is in it.

    `kept` is the share of the adapter's effect that survives, 1 for all of it: see `curatord.serve.fuse`. Of `replies`,
    `same` are word for word those of the base with the adapter beside it. The files are there if they were asked for.
    """

    model_config = ConfigDict(frozen=True)

    out: Path
    kept: float
    replies: int
    same: int
    dequantized: bool
    gguf: Path | None = None
    modelfile: Path | None = None


def run(request: Request) -> Report:
    """Fuse in a child process and return its report; raises FuseError with the reason where it cannot be."""
    done = subprocess.run(  # noqa: S603  our own interpreter and module
        FUSE,
        input=request.model_dump_json().encode(),
        capture_output=True,
        env={**training_environment(os.environ), "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    lines = done.stdout.decode(errors="replace").splitlines()
    if done.returncode == ExitCode.OK and lines:
        try:
            return Report.model_validate_json(lines[-1])
        except ValidationError:
            pass  # told below with all that the child said
    told = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    message, _, hint = (told[-1] if told else f"It ended with exit code {done.returncode}.").partition("\t")
    raise FuseError(message, hint=hint)
