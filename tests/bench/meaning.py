"""Fits the model of meanings that comes with curatord, and measures it on a world that it was not fitted to.

    python tests/bench/meaning.py --measure            # what the model as it is finds in the world kept for that
    python tests/bench/meaning.py --out FILE           # fit it anew; hours without a GPU

A question and the fact that answers it are to be more alike than the question and any other fact of its batch, and the
other way round (InfoNCE, arXiv:1807.03748). Batches are made of sixteen questions each about some notes, so that most
wrong facts are neighbours of the right one.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click
import mlx.core as mx
import mlx.optimizers
import numpy as np
from mlx import nn
from mlx.utils import tree_flatten

from curatord.exam.meaning import Meanings
from curatord.exam.meaning_model import BLOCKS, MeaningModel, padded
from curatord.exam.recognition import Recogniser, described
from curatord.train import backend, base_model, embedded
from curatord.train.environment import training_environment
from curatord.train.model_files import models_directory
from tests.bench import worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.worlds import Asked, World

KEPT_FOR_MEASURING = "laboratory"
EPOCHS, RATE, WARMUP, WEIGHT_DECAY, MAX_NORM = 2, 1e-3, 0.05, 0.01, 1.0
BATCH, NEIGHBOURS, TEMPERATURE = 64, 16, 0.03
NEAREST = 0.6  # how often the likest of several right facts is taken rather than any of them
_NOT_WRONG = -1e4
_PRELOADED = "CURATORD_BENCH_PRELOADED"


@dataclass(frozen=True, slots=True)
class Example:
    """A question of a world, and the world."""

    world: World
    asked: Asked

    def fact(self, chance: Random) -> str:
        """Return the text of a fact that answers it; the quote itself where curation has left it out."""
        found = self.asked.facts
        if not found:
            return self.asked.quote
        return described(self.world.facts[found[0] if chance.random() < NEAREST else chance.choice(found)])

    def is_about_the_same(self, other: Example) -> bool:
        """Tell whether what answers the other answers this one too."""
        if self.world is not other.world:
            return False
        return self.asked.group == other.asked.group or not set(self.asked.facts).isdisjoint(other.asked.facts)


@click.command()
@click.option("--measure", is_flag=True, help="Only measure the model as it is.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("meaning.safetensors"), help="Where to write it.")
@click.option("--steps", type=int, default=0, help="Steps at most, for a trial; 0: all.")
def main(*, measure: bool, out: Path, steps: int) -> None:
    """Fit the model of meanings, or measure it."""
    backend.choose_compilation()
    with tempfile.TemporaryDirectory() as temporary:
        models = models_directory(None) if measure else Path(temporary)
        base = base_model.resolve(embedded.NAME, models)
        if measure:
            tell(worlds.read(KEPT_FOR_MEASURING, base), MeaningModel.load(models))
            return
        others = [worlds.read(name, base) for name in worlds.names() if name != KEPT_FOR_MEASURING]
        model = MeaningModel(*base_model.load(base, dtype="float32", blocks=BLOCKS))
        fit(model, [Example(world, asked) for world in others for asked in world.asked], steps)
        leaves = tree_flatten(model.trainable_parameters())
        mx.save_safetensors(str(out), {name: leaf.astype(mx.float16) for name, leaf in leaves})
        tell(worlds.read(KEPT_FOR_MEASURING, base), model)


def fit(model: MeaningModel, examples: Sequence[Example], most_steps: int = 0) -> None:
    """Train the model's LoRA layers, projection and gate."""
    chance = Random(0)
    steps = EPOCHS * -(-len(examples) // BATCH)
    optimizer = mlx.optimizers.AdamW(learning_rate=RATE, weight_decay=WEIGHT_DECAY)
    step_of = nn.value_and_grad(model, loss)
    for step, batch in enumerate(batches(examples, chance)):
        if step == (most_steps or steps):
            break
        optimizer.learning_rate = RATE * min(1.0, (step + 1) / (WARMUP * steps)) * 0.5 * (1 + cos(pi * step / steps))
        questions = padded([model.tokens(example.asked.question) for example in batch])
        facts = padded([model.tokens(example.fact(chance)) for example in batch])
        found, gradient = step_of(model, questions, facts, mx.array(_same(batch)))
        gradient, _ = mlx.optimizers.clip_grad_norm(gradient, MAX_NORM)
        optimizer.update(model, gradient)
        mx.eval(model.trainable_parameters(), optimizer.state, found)
        if step % 20 == 0:
            click.echo(f"step {step} of {steps}: loss {found.item():.3f}")


def batches(examples: Sequence[Example], chance: Random) -> Iterator[list[Example]]:
    """Yield batches without end, each example once in a while: some neighbours from one note, and the next ones."""
    notes: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        notes.setdefault((example.world.name, example.asked.note), []).append(example)
    while True:
        chunks = []
        for some in notes.values():
            chance.shuffle(some)
            chunks += [some[start : start + NEIGHBOURS] for start in range(0, len(some), NEIGHBOURS)]
        chance.shuffle(chunks)
        flat = [example for chunk in chunks for example in chunk]
        for start in range(0, len(flat), BATCH):
            yield flat[start : start + BATCH]


def loss(
    model: MeaningModel, questions: tuple[mx.array, mx.array], facts: tuple[mx.array, mx.array], same: mx.array
) -> mx.array:
    """Return the loss of a batch: `same` (B, B) tells which facts of others answer a question as well."""
    asked, weights = model(*questions)
    stated, counts = model(*facts)
    cosines = mx.einsum("atd,bsd->abts", asked, stated)
    nearest = mx.where(counts[None, :, None, :] > 0, cosines, _NOT_WRONG).max(-1)
    likeness = mx.where(same, _NOT_WRONG, (nearest * weights[:, None, :]).sum(-1) / TEMPERATURE)
    own = mx.arange(len(likeness))
    both = (
        nn.losses.cross_entropy(likeness, own, reduction="mean"),
        nn.losses.cross_entropy(likeness.T, own, reduction="mean"),
    )
    mean: mx.array = (both[0] + both[1]) / 2
    return mean


def _same(batch: Sequence[Example]) -> list[list[bool]]:
    return [
        [place != other and one.is_about_the_same(batch[other]) for other in range(len(batch))]
        for place, one in enumerate(batch)
    ]


def tell(world: World, model: MeaningModel) -> None:
    """Print for how many of a world's questions the right fact is found, by words alone and by meaning besides."""
    asked = [one for one in world.asked if one.facts]
    questions = [fact.questions for fact in world.facts]
    meanings = Meanings.of(model.meanings([described(fact) for fact in world.facts]))
    click.echo(f"{world.name}: {len(world.facts)} facts, {len(asked)} questions in other words")
    for name, recogniser in (
        ("by words alone", Recogniser(questions)),
        ("by words and meaning", Recogniser(questions, meanings, model)),
    ):
        ranked = recogniser.ranked([one.question for one in asked])
        ranks = [_rank([fact for fact, _ in order], one.facts) for order, one in zip(ranked, asked, strict=True)]
        shares = "  ".join(f"first {most}: {np.mean([rank < most for rank in ranks]):.1%}" for most in (1, 3, 10))
        click.echo(f"   {name:<22} {shares}")


def _rank(order: Sequence[int], right: Sequence[int]) -> int:
    """Return how many wrong facts stand before the first right one; more than any where it is not found."""
    return next((place for place, fact in enumerate(order) if fact in right), sys.maxsize)


if __name__ == "__main__":
    environment = training_environment(os.environ)
    if _PRELOADED not in os.environ and environment.get("LD_PRELOAD") != os.environ.get("LD_PRELOAD"):
        os.execve(sys.executable, [sys.executable, *sys.argv], environment | {_PRELOADED: "1"})
    main()
