"""Fits the model of meanings that comes with curatord, and measures it on worlds that it was not fitted to.

    python tests/bench/meaning.py --measure            # what the model as it is finds in the worlds kept for that
    python tests/bench/meaning.py --out FILE           # fit it anew; hours without a GPU

First, a question and the fact that answers it are to be more alike than the question and any other fact of its batch,
and the other way round (InfoNCE, arXiv:1807.03748). Batches are made of questions about few notes, so that most wrong
facts are neighbours of the right one. Then, twice from there, the wrong facts are those that the model itself finds
likest (hard negatives, arXiv:2007.00808). The mean of the weights after all three finds more than any of them (model
soups, arXiv:2203.05482).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from itertools import islice
from math import cos, pi
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click
import mlx.core as mx
import mlx.optimizers
import numpy as np
from mlx import nn
from mlx.utils import tree_flatten, tree_map

from curatord.exam import minilm
from curatord.exam.meaning import Meanings
from curatord.exam.meaning_model import MeaningModel
from curatord.exam.recognition import Recogniser, described
from curatord.train import backend, base_model, embedded
from curatord.train.environment import training_environment
from curatord.train.model_files import models_directory
from tests.bench import worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.worlds import Asked, World

KEPT_FOR_MEASURING = ("laboratory", "telemetry", "clinic")  # the last one had no part in any choice
WARMUP, WEIGHT_DECAY, MAX_NORM, TEMPERATURE = 0.05, 0.01, 1.0, 0.03
NEAREST = 0.6  # how often the likest of several right facts is taken rather than any of them
LIKEST, HARDEST, HARD = 10, 4, 3  # of so many wrong facts so many are taken, two of them from the hardest
_NOT_WRONG = -1e4
_PRELOADED = "CURATORD_BENCH_PRELOADED"


@dataclass(frozen=True, slots=True)
class Course:
    """How many steps, how many questions in each, how many of them about one note, and the largest learning rate."""

    steps: int
    batch: int
    neighbours: int
    rate: float


EASY, DIFFICULT = Course(650, 64, 32, 2e-3), Course(600, 28, 1, 1e-3)
DIFFICULT_SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class Example:
    """A question of a world, and the world; `wrong` are facts that it was taken to mean, the likest first."""

    world: World
    asked: Asked
    wrong: tuple[int, ...] = ()

    def hard(self, chance: Random) -> list[str]:
        """Return the texts of some of the wrong facts."""
        hardest = chance.sample(self.wrong[:HARDEST], HARD - 1)
        others = [fact for fact in self.wrong[:LIKEST] if fact not in hardest]
        return [described(self.world.facts[fact]) for fact in (*hardest, *chance.sample(others, 1))]

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
    base = base_model.resolve(embedded.NAME, models_directory(None))
    kept = [worlds.read(name, base) for name in KEPT_FOR_MEASURING]
    if measure:
        tell_all(kept, MeaningModel.load())
        return
    others = [worlds.read(name, base) for name in worlds.names() if name not in KEPT_FOR_MEASURING]
    model = MeaningModel(*minilm.load())
    examples = [Example(world, asked) for world in others for asked in world.asked]
    fit(model, EASY, batches(examples, EASY, Random(0)), steps)
    tell_all(kept, model)
    easy, hard = model.trainable_parameters(), mined(model, others)
    soup = [easy]
    for seed in DIFFICULT_SEEDS:
        model.update(easy)
        fit(model, DIFFICULT, batches(hard, DIFFICULT, Random(seed)), steps)
        soup.append(model.trainable_parameters())
    model.update(tree_map(lambda *leaves: sum(leaves) / len(leaves), *soup))
    tell_all(kept, model)
    leaves = tree_flatten(model.trainable_parameters())
    mx.save_safetensors(str(out), {name: leaf.astype(mx.float16) for name, leaf in leaves})


def mined(model: MeaningModel, those: Sequence[World]) -> list[Example]:
    """Return the questions that facts answer, each with the wrong facts that the model finds likest."""
    examples = []
    for world in those:
        asked = [one for one in world.asked if one.facts]
        ranks = recogniser_of(world, model).ranked([one.question for one in asked])
        for one, ranked in zip(asked, ranks, strict=True):
            wrong = [fact for fact, _ in ranked if fact not in one.facts and fact not in one.also_right]
            examples.append(Example(world, one, tuple(wrong[:LIKEST])))
    return examples


def recogniser_of(world: World, model: MeaningModel) -> Recogniser:
    """Return what tells which of a world's facts is meant, as it stands beside an adapter."""
    meanings = Meanings.of(model.meanings([described(fact) for fact in world.facts]))
    return Recogniser([fact.questions for fact in world.facts], meanings, model)


def fit(model: MeaningModel, course: Course, batches: Iterator[list[Example]], most_steps: int = 0) -> None:
    """Train the model's LoRA layers, projection and gate."""
    chance = Random(0)
    optimizer = mlx.optimizers.AdamW(learning_rate=course.rate, weight_decay=WEIGHT_DECAY)
    step_of = nn.value_and_grad(model, loss)
    for step, batch in enumerate(islice(batches, most_steps or course.steps)):
        rise, fall = min(1.0, (step + 1) / (WARMUP * course.steps)), 0.5 * (1 + cos(pi * step / course.steps))
        optimizer.learning_rate = course.rate * rise * fall
        texts = [example.fact(chance) for example in batch]
        texts += [text for example in batch if example.wrong for text in example.hard(chance)]
        questions = minilm.padded([model.tokens(example.asked.question) for example in batch])
        facts = minilm.padded([model.tokens(text) for text in texts])
        found, gradient = step_of(model, questions, facts, mx.array(_same(batch)))
        gradient, _ = mlx.optimizers.clip_grad_norm(gradient, MAX_NORM)
        optimizer.update(model, gradient)
        mx.eval(model.trainable_parameters(), optimizer.state, found)
        if step % 20 == 0:
            click.echo(f"step {step} of {course.steps}: loss {found.item():.3f}")


def batches(examples: Sequence[Example], course: Course, chance: Random) -> Iterator[list[Example]]:
    """Yield batches without end, each example once in a while: some neighbours from one note, and the next ones."""
    notes: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        notes.setdefault((example.world.name, example.asked.note), []).append(example)
    while True:
        chunks = []
        for some in notes.values():
            chance.shuffle(some)
            chunks += [some[start : start + course.neighbours] for start in range(0, len(some), course.neighbours)]
        chance.shuffle(chunks)
        flat = [example for chunk in chunks for example in chunk]
        for start in range(0, len(flat), course.batch):
            yield flat[start : start + course.batch]


def loss(
    model: MeaningModel, questions: tuple[mx.array, mx.array], facts: tuple[mx.array, mx.array], same: mx.array
) -> mx.array:
    """Return the loss of a batch of B questions, whose facts come first among F: behind them stand wrong ones.

    `same` (B, B) tells which facts of others answer a question as well. Where all facts answer some question, each of
    them is to find its own, too.
    """
    asked, weights = model(*questions)
    stated, counts = model(*facts)
    cosines = mx.einsum("atd,bsd->abts", asked, stated)
    nearest = mx.where(counts[None, :, None, :] > 0, cosines, _NOT_WRONG).max(-1)
    likeness = (nearest * weights[:, None, :]).sum(-1) / TEMPERATURE
    number = len(likeness)
    right = mx.where(same, _NOT_WRONG, likeness[:, :number])
    own = mx.arange(number)
    if likeness.shape[1] > number:
        whole = mx.concatenate([right, likeness[:, number:]], axis=1)
        return _cross_entropy(whole, own)
    return (_cross_entropy(right, own) + _cross_entropy(right.T, own)) / 2


def _cross_entropy(likeness: mx.array, own: mx.array) -> mx.array:
    mean: mx.array = nn.losses.cross_entropy(likeness, own, reduction="mean")
    return mean


def _same(batch: Sequence[Example]) -> list[list[bool]]:
    return [
        [place != other and one.is_about_the_same(batch[other]) for other in range(len(batch))]
        for place, one in enumerate(batch)
    ]


def tell_all(those: Sequence[World], model: MeaningModel) -> None:
    """Print what is found in each world."""
    for world in those:
        tell(world, model)


def tell(world: World, model: MeaningModel) -> None:
    """Print for how many of a world's questions the right fact is found, by words alone and by meaning besides."""
    asked = [one for one in world.asked if one.facts]
    click.echo(f"{world.name}: {len(world.facts)} facts, {len(asked)} questions in other words")
    for name, recogniser in (
        ("by words alone", Recogniser(fact.questions for fact in world.facts)),
        ("by words and meaning", recogniser_of(world, model)),
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
