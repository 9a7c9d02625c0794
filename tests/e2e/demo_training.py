"""The part of `make demo` that trains: a real run of SFT and DPO on one note, and what the model then knows of it.

One note and a few minutes instead of all notes and a night: the settings are chosen to learn fast. Replay, which keeps
a model from forgetting what it knew, is left out, since a model that is thrown away may forget.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import click

from curatord.train.environment import training_environment
from curatord.train.openblas import preload
from tests.e2e.demo_place import DemoError, Place, daemon, heading, is_idle, paragraph, stop, wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWER_SECONDS = 600.0
LEAST_FALL = 0.8  # what the loss falls to at the most, as a share of what it was at first

# Held by no condition but free disk, as every run that is asked for.
TRAINING = """\
[training]
enabled = false              # no schedule; we ask for the run

[training.sft]
epochs = 7
learning_rate = 2e-3
batch_tokens = 512
patience = 0

[training.dpo]
epochs = 4
max_steps = 10
batch_tokens = 1024

[training.replay]
share = 0.0                  # a short run that need not remember anything else

[training.conditions]
min_free_disk_mb = 256

[exam]
scales = [1.0]
rounds = 0
max_loss = 100               # as above
"""


def demonstrate_training(place: Place, note: Path, first_heading: int) -> None:
    """Walk through a run on a copy of one note, printing each step under a heading numbered from `first_heading`."""
    heading(first_heading, "A second memory holds the new note alone, and a model is trained on it")
    prepare(place, note)
    with daemon(place) as process:
        wait_for(lambda: is_idle(place, 1), process, "the note to be read")
        heading(first_heading + 1, "curatord train now --wait")
        train(place)
        run = latest_run(place)
        heading(first_heading + 2, "curatord runs show")
        click.echo(textwrap.indent(place.run("runs", "show", run["id"]).rstrip(), "   "))
        show_losses(events(place, run["id"]))
        heading(first_heading + 3, "The model is asked what it was taught, in words it was not taught in")
        show_answers(exam(Path(run["directory"])))
        heading(first_heading + 4, "curatord stop")
        stop(place, process)


def prepare(place: Place, note: Path) -> None:
    """Write the configuration, put the note in its root, and make the base model ready."""
    root = place.memory / "knowledge"
    root.mkdir(parents=True)
    shutil.copy(note, root)
    models = place.directory / "models"
    place.config.write_text(
        f"[state]\ndir = {json.dumps(str(place.state))}\n\n"
        f'[[memory.roots]]\npath = {json.dumps(str(root))}\nkind = "knowledge"\n\n'
        + TRAINING.replace("[training]\n", f"[training]\nmodels = {json.dumps(str(models))}\n", 1)
    )
    click.echo(textwrap.indent(TRAINING, "   "))
    click.echo(textwrap.indent(place.run("model", "fetch").rstrip(), "   "))
    if sys.platform == "linux" and preload() is None:
        paragraph("", "OpenBLAS is not installed: the following takes many times longer. On Debian and Ubuntu:")
        click.echo("   sudo apt-get install libopenblas0-pthread")


def train(place: Place) -> None:
    """Ask for a run and print how it goes; raise DemoError unless it ends with an adapter."""
    command = place.command("train", "now", "--wait")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        assert client.stderr is not None
        for line in client.stdout:
            click.echo(f"   {line.rstrip()}")
        said = client.stderr.read().strip()
    if client.returncode != 0:
        raise DemoError(f"`curatord train now --wait` ended with {client.returncode}: {said}")


def latest_run(place: Place) -> dict[str, Any]:
    """Return the run as `curatord runs show --json` tells it."""
    latest = json.loads(place.run("runs", "list", "--json"))["runs"][0]
    run: dict[str, Any] = json.loads(place.run("runs", "show", latest["id"], "--json"))
    return run


def events(place: Place, run: str) -> list[dict[str, Any]]:
    """Return what happened in a run, as `curatord runs logs --json` tells it."""
    return [json.loads(line) for line in place.run("runs", "logs", run, "--json").splitlines()]


def show_losses(told: Sequence[dict[str, Any]]) -> None:
    """Print the losses of the first and last fifth of each stage's steps; raise DemoError where one did not fall."""
    click.echo(f"\n   {'loss':<8}{'first steps':>12}{'last steps':>12}")
    for stage in ("sft", "dpo"):
        steps = [event for event in told if event["event"] == "step" and event["stage"] == stage]
        if not steps:
            raise DemoError(f"the run made no step of {stage}")
        fifth = max(1, len(steps) // 5)
        first, last = (fmean(step["loss"] for step in some) for some in (steps[:fifth], steps[-fifth:]))
        click.echo(f"   {stage.upper():<8}{first:>12.3f}{last:>12.3f}")
        if last > LEAST_FALL * first:
            raise DemoError(f"the loss of {stage} went from {first:.3f} to {last:.3f}")
    scored = [event["loss"] for event in told if event["event"] == "validation" and event["stage"] == "sft"]
    click.echo(f"   A question of the note that SFT did not see: {scored[0]:.3f} before, {scored[-1]:.3f} after.")
    click.echo("   DPO begins at 0.693, or log 2: the loss of a model that prefers neither answer.")


def exam(run: Path) -> list[dict[str, Any]]:
    """Return the run's exam questions with what the model says before and after, from a process of its own."""
    script = Path(__file__).with_name("exam_answers.py")
    done = subprocess.run(
        [sys.executable, str(script), str(run), str(run / "adapter")],
        env=training_environment(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=ANSWER_SECONDS,
    )
    if done.returncode != 0:
        raise DemoError(f"{script.name} ended with {done.returncode}: {done.stderr.strip()}")
    asked: list[dict[str, Any]] = json.loads(done.stdout)
    return asked


def show_answers(asked: Sequence[dict[str, Any]]) -> None:
    """Print how many answers are right before and after, and one question that is learned; DemoError without one."""
    before, after = (sum(holds(answer[when], answer["keys"]) for answer in asked) for when in ("before", "after"))
    click.echo(
        f"   {len(asked)} questions that were kept out of training can be graded by the words an answer must hold:"
    )
    click.echo(f"   {before} are answered right before training, {after} after it. One of them:\n")
    learned = [
        answer
        for answer in asked
        if not holds(answer["before"], answer["keys"]) and holds(answer["after"], answer["keys"])
    ]
    if not learned:
        raise DemoError("no question is answered wrong before and right after")
    shown = max(learned, key=lambda answer: len(answer["question"]))
    paragraph("question:  ", shown["question"])
    paragraph("before:    ", shown["before"])
    paragraph("after:     ", shown["after"])
    paragraph("the note:  ", shown["answer"])


def holds(answer: str, keys: Sequence[str]) -> bool:
    """Tell whether every key stands in an answer as whole words and numbers: 12, but neither 120 nor 1.12 nor 12.5."""
    return all(re.search(rf"(?<![\w.]){re.escape(key)}(?!\w|[.,]\d)", answer, re.IGNORECASE) for key in keys)
