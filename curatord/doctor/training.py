"""What training needs: a fast BLAS, an MLX that computes, a base model."""

from __future__ import annotations

import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curatord.doctor.finding import Finding, fail, ok, warn
from curatord.errors import CuratordError
from curatord.exam import minilm_files
from curatord.train import embedded, openblas
from curatord.train.environment import training_environment
from curatord.train.model_files import BaseModelError, models_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curatord.doctor.finding import Situation

STEP_SECONDS = 1.0
PATIENCE_SECONDS = 180.0  # for a cold disk and a large model; the work itself takes a few
SLOW_GIGAFLOPS = 15.0  # reference BLAS gives a few on any processor
_REINSTALL = f"{shlex.quote(sys.executable)} -m pip install --force-reinstall mlx mlx-lm"

_INSTALL_OPENBLAS = {
    "debian": "sudo apt-get install libopenblas0-pthread",
    "fedora": "sudo dnf install openblas-threads",
    "rhel": "sudo dnf install openblas-threads",
    "suse": "sudo zypper install libopenblas_pthreads0",
    "arch": "sudo pacman -S openblas",
}


class ChildError(CuratordError):
    """A check's process ended without an answer."""


def blas(_: Situation, root: Path = Path("/")) -> Finding:
    """Check that there is a fast BLAS; MLX's Linux wheel comes with a slow one."""
    if sys.platform != "linux":
        return ok("Accelerate multiplies matrices.")
    library = openblas.find(root)
    if library is None:
        told = "OpenBLAS is not installed; on the processor, training is some thirty times slower without it."
        return warn(told, _install_openblas(root / "etc/os-release"))
    return ok(f"OpenBLAS multiplies matrices ({library}).")


def base_model(situation: Situation, environment: Mapping[str, str] | None = None) -> Finding:
    """Check that the base model is there, every byte of it as it should be."""
    training = situation.settings.training
    models = models_directory(training.models)
    fetch = f"curatord model fetch {shlex.quote(training.base)}"
    if training.base == embedded.NAME and not (models / embedded.NAME).exists():
        try:
            source = embedded.source()
        except BaseModelError as error:
            return fail(error.message, error.hint.removeprefix("Install it: "))
        return warn(f"{embedded.NAME} is not converted yet ({source.name}); the first run will do it.", fetch)
    found = run_child("base-model", training.base, str(models), environment=environment)
    if "error" in found:
        return fail(found["error"], fetch)
    return ok(f"{training.base} is whole: {found['bytes'] // 2**20} MiB in {found['path']}.")


def encoder(_: Situation) -> Finding:
    """Check that the sentence encoder is there: without it, a question is known again by its words alone."""
    try:
        package = minilm_files.directory()
    except BaseModelError as error:
        told = f"{error.message} Without it, questions in other words than the notes' are often not understood."
        return warn(told, error.hint.removeprefix("Install it: "))
    return ok(f"all-MiniLM-L6-v2 is whole, in {package}.")


def training_step(situation: Situation, environment: Mapping[str, str] | None = None) -> Finding:
    """Check that MLX computes, and that a tiny model learns in a second of training."""
    del situation
    return judge_step(run_child("training-step", str(STEP_SECONDS), environment=environment))


def judge_step(step: Mapping[str, Any]) -> Finding:
    """Judge what a second of training came to."""
    if "error" in step:
        return fail(step["error"], step["hint"] or _REINSTALL)
    told = (
        f"MLX {step['mlx']} on the {step['device']}: {step['steps']} steps in {step['seconds']:g} s,"
        f" loss {step['first_loss']:.2f} to {step['last_loss']:.2f}, {step['gigaflops']:g} GFLOP/s"
    )
    if not step["finite"]:
        return fail(f"{told}; the loss is no number.", _REINSTALL)
    if step["steps"] > 1 and not step["last_loss"] < step["first_loss"]:
        return fail(f"{told}; nothing was learned.", _REINSTALL)
    if step["gigaflops"] < SLOW_GIGAFLOPS:
        return warn(f"{told}; that is slow.", "Install OpenBLAS, or train where there is a GPU.")
    return ok(f"{told}.")


def run_child(work: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what `curatord.doctor.child` answers, in the environment that training has.

    Raises ChildError where it crashes, hangs, or cannot even start.
    """
    command = (sys.executable, "-P", "-m", "curatord.doctor.child", work, *arguments)
    variables = training_environment(os.environ if environment is None else environment) | {"HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(  # noqa: S603  this interpreter and a module of ours
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=variables,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"It took longer than {PATIENCE_SECONDS:g} s.", hint="Try again later.") from error
    if done.returncode != 0:
        raise ChildError(f"Its process {_end(done)}.", hint=_REINSTALL)
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1], parse_constant=lambda _: math.nan)
    except (ValueError, IndexError) as error:
        raise ChildError("Its process gave no answer.", hint=shlex.join(command)) from error
    return answer


def _end(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"was ended by {signal.Signals(-done.returncode).name}"
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "")
    return f"failed: {last.strip().rstrip('.')}" if last else f"failed with {done.returncode}"


def _install_openblas(release: Path) -> str:
    """Return the command for the distribution that os-release(5) names, or is like."""
    try:
        names = re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)', release.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        names = []
    known = (_INSTALL_OPENBLAS[name] for name in " ".join(names).split() if name in _INSTALL_OPENBLAS)
    return next(known, "Install OpenBLAS with the package manager.")
