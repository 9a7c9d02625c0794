"""Supervised fine-tuning: the cross-entropy of answers, and what keeps the model as it was on everything else.

Beside each batch of facts a few replay rows run: the base model's own answers to general prompts. Their loss is the
Kullback-Leibler divergence from the base model's distribution to the trained one's, over the whole vocabulary. What the
base model's output head was given is kept per position, so the reference costs one matrix product and no second model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx

from curatord.train.batches import batch_at
from curatord.train.losses import divergences, token_log_probabilities
from curatord.train.objective import Work
from curatord.train.run_events import Stage
from curatord.train.word_dropout import without_some_words

if TYPE_CHECKING:
    from curatord.train.activations import Activations
    from curatord.train.material import Material
    from curatord.train.run_events import Trained
    from curatord.train.split_model import SplitModel
    from curatord.train.tensor_file import Arrays

_BESIDE = "replay_"


class SupervisedObjective:
    """Sum over answer tokens of -log p, plus `kl` times the mean divergence on a batch of replay rows."""

    stage: Trained = Stage.SFT
    figures: tuple[str, ...] = ()

    def __init__(
        self,
        split: SplitModel,
        training: Material,
        validation: Material,
        replay: Material | None,
        *,
        kl: float,
        word_dropout: float,
        seed: int,
        cache: Activations,
    ) -> None:
        """Ask the base model for what it says on the replay rows; the LoRA updates must still be zero."""
        self._split = split
        self._training = training
        self._validation = validation
        self._replay = replay if replay and kl > 0 and len(replay) else None
        self._kl = kl
        self._word_dropout = word_dropout
        self._seed = seed
        self._cache = cache
        for number in range(len(self._replay) if self._replay else 0):
            self._replay_arrays(number)

    @property
    def batches(self) -> int:
        """How many training batches an epoch has."""
        return len(self._training)

    @property
    def validation_batches(self) -> int:
        """How many validation batches there are."""
        return len(self._validation)

    def work(self, batch: int, turn: int) -> Work:
        """Return a training batch with the replay batch whose turn it is."""
        work = _work(self._training, batch)
        if self._replay is None:
            return work
        number = batch_at(turn, len(self._replay), self._seed)
        # scaled so that dividing the sum by the answer tokens leaves `kl` times the mean over replay positions
        scale = mx.array(self._kl * work.weight / self._replay.supervised(number))
        return Work(
            (work.arrays or {}) | self._replay_arrays(number) | {"replay_scale": scale}, work.weight, work.tokens
        )

    def validation_work(self, batch: int) -> Work:
        """Return a validation batch; it has no replay rows, and so measures the answers alone."""
        return _work(self._validation, batch)

    def sums(self, arrays: Arrays) -> tuple[mx.array, mx.array]:
        """Return the sum to descend, and the cross-entropy alone to report."""
        learned = self._learned(arrays) if "tokens" in arrays else mx.array(0.0)
        descended = learned
        if f"{_BESIDE}tokens" in arrays:
            descended = learned + self._divergence(arrays)
        return descended, learned.reshape(1)

    def _learned(self, arrays: Arrays) -> mx.array:
        """Return the cross-entropy summed over the answer tokens."""
        share = self._word_dropout if self._split.model.training else 0.0
        logits = self._split.upper(without_some_words(arrays, share))
        return -(token_log_probabilities(logits, arrays["targets"]) * arrays["weights"]).sum()

    def _divergence(self, arrays: Arrays) -> mx.array:
        """Return the scaled divergence summed over the replay rows in these arrays."""
        beside = {name.removeprefix(_BESIDE): array for name, array in arrays.items() if name.startswith(_BESIDE)}
        logits = self._split.upper(beside)
        reference = mx.stop_gradient(self._split.head(beside["final"], beside["tokens"]))
        return beside["scale"] * (divergences(reference, logits) * beside["weights"]).sum()

    def _replay_arrays(self, number: int) -> Arrays:
        assert self._replay is not None
        made = self._replay.examples(number)
        if made is None:
            return {}
        arrays = self._replay.arrays(number, made)
        final = self._cache.get(("final", number), lambda: self._split.final(arrays))
        assert final is not None
        return {f"{_BESIDE}{name}": array for name, array in (arrays | {"final": final}).items()}


def _work(material: Material, number: int) -> Work:
    made = material.examples(number)
    supervised = material.supervised(number)
    return Work(None if made is None else material.arrays(number, made), supervised, supervised)
