"""The training loop: gradients, clipping, steps, validation, early stop, checkpoints; the same for every objective.

Where the loop stands is a number of steps: which batches come next, and what dropout drops, follows from it and the
seed. So a run that goes on
from a checkpoint does exactly what it would have done without the pause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import mlx.core as mx
import numpy as np
from mlx import nn
from mlx.nn.utils import average_gradients
from mlx.optimizers import AdamW, clip_grad_norm
from mlx.utils import tree_flatten, tree_map, tree_unflatten

from curatord.errors import CuratordError
from curatord.train import lora
from curatord.train.batches import batch_at
from curatord.train.machines import agreed
from curatord.train.material import ALONE, Share
from curatord.train.objective import Objective, Score
from curatord.train.rate import learning_rate

if TYPE_CHECKING:
    from curatord.train.lora import Weights
    from curatord.train.tensor_file import Arrays

SECONDS_BETWEEN_CHECKPOINTS = 60.0  # at most: what a crash may cost
UNSOUND_STEPS = 3  # so many in a row, and training is given up


class DivergedError(CuratordError):
    """The loss or its gradient stopped being a number."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a stage is trained: `turns` batches in all, `accumulate` of them to an optimizer step."""

    turns: int
    accumulate: int
    peak: float
    warmup: float
    weight_decay: float
    max_norm: float
    seed: int
    validate_every: int
    checkpoint_every: int
    patience: int

    @property
    def steps(self) -> int:
        """How many optimizer steps there are."""
        return ceil(self.turns / self.accumulate)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stage stands after `step` steps; `waited` counts validations since the best one."""

    step: int = 0
    best_loss: float | None = None
    waited: int = 0
    unsound: int = 0


@dataclass(slots=True)
class Moment:
    """All that the next step depends on."""

    position: Position
    weights: Weights
    best: Weights
    optimizer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: means over its batches, the gradient's norm before clipping, and how long it took."""

    step: int
    score: Score
    rate: float
    norm: float
    tokens: int
    seconds: float


class Watcher(Protocol):
    """Who is told what happens, keeps checkpoints, and may ask for an end."""

    def stepped(self, report: StepReport) -> None:
        """Take note of a step."""

    def validated(self, step: int, score: Score) -> None:
        """Take note of a validation."""

    def skipped(self, step: int) -> None:
        """Take note of a step left out because its gradient was not finite."""

    def keep(self, moment: Moment) -> None:
        """Keep a checkpoint."""

    def must_pause(self) -> bool:
        """Whether to keep a checkpoint and leave."""


class Loop:
    """Trains the LoRA leaves of a model towards an objective."""

    def __init__(
        self, model: nn.Module, objective: Objective, course: Course, watcher: Watcher, share: Share = ALONE
    ) -> None:
        """Prepare; `compiled` forward and backward passes are traced once per shape."""
        self._model = model
        self._objective = objective
        self._course = course
        self._watcher = watcher
        self._share = share
        self._optimizer = AdamW(course.peak, weight_decay=course.weight_decay, bias_correction=True)
        state = mx.random.state
        self._gradients = mx.compile(mx.value_and_grad(self._sums), inputs=state, outputs=state)
        self._kept = monotonic()
        self._score = mx.compile(self._sums_to_report)

    def run(self, moment: Moment) -> bool:
        """Train from a moment to the end, or until asked to pause; return whether the end was reached.

        At the end the model holds the weights of the best validation, or the last ones where nothing stops early.
        """
        self._load(moment)
        self._kept = monotonic()
        if moment.position.step == 0 and moment.position.best_loss is None:
            self._validate(moment)
        while moment.position.step < self._course.steps and not self._has_stalled(moment.position):
            self._step(moment)
            if moment.position.step % self._course.validate_every == 0 or moment.position.step == self._course.steps:
                self._validate(moment)
            due = self._checkpoint_is_due(moment.position.step)
            pausing = agreed(self._watcher.must_pause(), self._share)
            if due or pausing:
                self._watcher.keep(self._snapshot(moment))
                self._kept = monotonic()
            if pausing:
                return False
        lora.restore(self._model, moment.best)
        return True

    def _load(self, moment: Moment) -> None:
        lora.restore(self._model, moment.weights)
        self._model.train()  # as loaded it is for use: without this, what is drawn in training only would never be
        self._optimizer.init(tree_unflatten(list(moment.weights.items())))
        if moment.optimizer:
            self._optimizer.state = tree_unflatten(list(moment.optimizer.items()))

    def _snapshot(self, moment: Moment) -> Moment:
        moment.optimizer = dict(tree_flatten(self._optimizer.state))
        return moment

    def _checkpoint_is_due(self, step: int) -> bool:
        """Whether there were enough steps since the last one, or slow ones."""
        return step % self._course.checkpoint_every == 0 or monotonic() - self._kept > SECONDS_BETWEEN_CHECKPOINTS

    def _has_stalled(self, position: Position) -> bool:
        return 0 < self._course.patience <= position.waited

    def _step(self, moment: Moment) -> None:
        began = monotonic()
        step = moment.position.step + 1
        gradient, sums, weight, tokens = self._accumulated(moment.weights, step)
        gradient, norm = clip_grad_norm(tree_map(lambda leaf: leaf / weight, gradient), self._course.max_norm)
        mx.eval(gradient, norm, sums)
        score = self._means(sums, weight)
        if not (isfinite(score.loss) and isfinite(norm.item())):
            self._skip(moment, step)
            return
        rate = learning_rate(step, self._course.steps, peak=self._course.peak, warmup=self._course.warmup)
        self._optimizer.learning_rate = rate
        updated = self._optimizer.apply_gradients(gradient, tree_unflatten(list(moment.weights.items())))
        moment.weights = dict(tree_flatten(updated))
        mx.eval(moment.weights, self._optimizer.state)
        lora.restore(self._model, moment.weights)
        moment.position = replace(moment.position, step=step, unsound=0)
        self._watcher.stepped(StepReport(step, score, rate, norm.item(), tokens, monotonic() - began))

    def _skip(self, moment: Moment, step: int) -> None:
        unsound = moment.position.unsound + 1
        if unsound >= UNSOUND_STEPS:
            raise DivergedError(
                f"The gradient was not finite in {unsound} steps on end, the last of them step {step}.",
                hint="Lower the learning rate.",
            )
        moment.position = replace(moment.position, step=step, unsound=unsound)
        self._watcher.skipped(step)

    def _accumulated(self, weights: Weights, step: int) -> tuple[Any, mx.array, float, int]:
        """Return the sums over the batches of a step: gradient, figures, weight, tokens."""
        gradient = tree_unflatten([(name, mx.zeros_like(leaf)) for name, leaf in weights.items()])
        sums = mx.zeros((1 + len(self._objective.figures),))
        weight, tokens = 0.0, 0
        first = (step - 1) * self._course.accumulate
        for turn in range(first, min(first + self._course.accumulate, self._course.turns)):
            work = self._objective.work(batch_at(turn, self._objective.batches, self._course.seed), turn)
            weight, tokens = weight + work.weight, tokens + work.tokens
            if work.arrays is None:
                continue
            mx.random.seed(self._course.seed + turn)  # dropout too follows from where the loop stands
            (_, reported), found = self._gradients(weights, work.arrays)
            gradient = tree_map(mx.add, gradient, tree_unflatten(list(found.items())))
            sums = sums + reported
            lora.restore(self._model, weights)  # tracing leaves placeholders behind
            mx.eval(gradient, sums)
        return *self._summed_over_machines(gradient, sums), weight, tokens

    def _summed_over_machines(self, gradient: Any, sums: mx.array) -> tuple[Any, mx.array]:  # noqa: ANN401  a tree
        if self._share.size == 1:
            return gradient, sums
        total = tree_map(lambda leaf: leaf * self._share.size, average_gradients(gradient))
        return total, mx.distributed.all_sum(sums)

    def _sums(self, weights: Weights, arrays: Arrays) -> tuple[mx.array, mx.array]:
        lora.restore(self._model, weights)
        return self._objective.sums(arrays)

    def _sums_to_report(self, weights: Weights, arrays: Arrays) -> mx.array:
        return self._sums(weights, arrays)[1]

    def _validate(self, moment: Moment) -> None:
        """Score the validation rows; without any, or without patience for a worse score, the last are the best."""
        position = moment.position
        if self._course.patience == 0:
            moment.best = moment.weights
        if self._objective.validation_batches == 0:
            return
        self._model.eval()
        score = self._validation_score(moment.weights)
        self._model.train()
        if position.best_loss is None or score.loss < position.best_loss:
            moment.best = moment.weights
            moment.position = replace(position, best_loss=score.loss, waited=0)
        else:
            moment.position = replace(position, waited=position.waited + 1)
        self._watcher.validated(position.step, score)

    def _validation_score(self, weights: Weights) -> Score:
        sums, weight = mx.zeros((1 + len(self._objective.figures),)), 0.0
        for number in range(self._objective.validation_batches):
            work = self._objective.validation_work(number)
            weight += work.weight
            if work.arrays is not None:
                sums = sums + self._score(weights, work.arrays)
                lora.restore(self._model, weights)
                mx.eval(sums)
        return self._means(sums if self._share.size == 1 else mx.distributed.all_sum(sums), weight)

    def _means(self, sums: mx.array, weight: float) -> Score:
        loss, *figures = np.array(sums / weight).tolist()
        return Score(loss, dict(zip(self._objective.figures, figures, strict=True)))
