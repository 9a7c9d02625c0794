"""Direct preference optimization (arXiv 2305.18290), starting from what supervised fine-tuning left.

The reference is the model as SFT left it. Its log-probabilities are computed once, before the first step, by the same
code as the policy's, and kept as numbers: no second model is in memory. At step 0 the margin is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np

from curatord.train.losses import Answers, preference_loss, rewards, sequence_sums, sft_term, token_log_probabilities
from curatord.train.objective import Work
from curatord.train.run_events import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from curatord.config import Dpo
    from curatord.train.material import Material
    from curatord.train.rows import TokenRow
    from curatord.train.run_events import Trained
    from curatord.train.split_model import SplitModel
    from curatord.train.tensor_file import Arrays


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """One prompt with the answer to prefer and the one to avoid."""

    chosen: TokenRow
    rejected: TokenRow

    @property
    def length(self) -> int:
        """Tokens of the longer of the two."""
        return max(len(self.chosen.tokens), len(self.rejected.tokens))


class PreferenceObjective:
    """Sum over pairs of the preference loss, plus `sft_weight` times the mean -log p of the chosen answers' tokens.

    A batch holds the chosen rows of its pairs first, then the rejected ones in the same order.
    """

    stage: Trained = Stage.DPO
    figures: tuple[str, ...] = ("margin", "accuracy")

    def __init__(
        self, split: SplitModel, training: Material, validation: Material, settings: Dpo, used: Iterable[int]
    ) -> None:
        """Ask the reference for its log-probabilities: the model must hold the weights that SFT left.

        `used` are the training batches that will be worked on.
        """
        self._split = split
        self._training = training
        self._validation = validation
        self._settings = settings
        log_probabilities = mx.compile(self._log_probabilities)
        self._reference = {
            (material.name, number): self._ask(log_probabilities, material, number)
            for material, numbers in ((training, sorted(set(used))), (validation, range(len(validation))))
            for number in numbers
        }

    @property
    def batches(self) -> int:
        """How many training batches an epoch has."""
        return len(self._training)

    @property
    def validation_batches(self) -> int:
        """How many validation batches there are."""
        return len(self._validation)

    def work(self, batch: int, turn: int) -> Work:  # noqa: ARG002  nothing runs beside it
        """Return a training batch."""
        return self._work(self._training, batch)

    def validation_work(self, batch: int) -> Work:
        """Return a validation batch."""
        return self._work(self._validation, batch)

    def sums(self, arrays: Arrays) -> tuple[mx.array, mx.array]:
        """Return the sum to descend, and the sums of loss, reward margin, and pairs that the policy prefers."""
        answers = (self._log_probabilities(arrays), arrays["reference"], arrays["lengths"])
        pairs = arrays["lengths"].shape[0] // 2
        chosen = Answers(*(array[:pairs] for array in answers))
        rejected = Answers(*(array[pairs:] for array in answers))
        settings = self._settings
        losses = preference_loss(
            chosen, rejected, beta=settings.beta, kind=settings.loss, label_smoothing=settings.label_smoothing
        ).sum()
        margins = rewards(chosen, rejected, beta=settings.beta).margin
        reported = mx.stack([losses, margins.sum(), (margins > 0).sum().astype(mx.float32)])
        learned = arrays["pairs"] * sft_term(chosen, arrays["learned"])
        return losses + settings.sft_weight * learned, reported

    def _log_probabilities(self, arrays: Arrays) -> mx.array:
        """Return the summed log-probability of each row's answer: (2B,) float32."""
        logits = self._split.upper(arrays)
        each = token_log_probabilities(logits, arrays["targets"]) * arrays["weights"]
        return sequence_sums(each, arrays["rows"], arrays["tokens"].shape[0])

    def _ask(self, log_probabilities: object, material: Material, number: int) -> mx.array | None:
        arrays = _arrays(material, number)
        if arrays is None:
            return None
        assert callable(log_probabilities)
        answer: mx.array = log_probabilities(arrays)
        mx.eval(answer)
        return answer

    def _work(self, material: Material, number: int) -> Work:
        arrays = _arrays(material, number)
        entries = material.batches[number].rows
        reference = self._reference[material.name, number]
        if arrays is None or reference is None:
            return Work(None, len(entries), material.supervised(number))
        learned = sum(row.supervised for row in material.token_rows(entries)[: len(entries)])
        beside = {"reference": reference, "learned": mx.array(float(learned)), "pairs": mx.array(float(len(entries)))}
        return Work(arrays | beside, len(entries), material.supervised(number))


def stacked(pairs: Sequence[PreferenceRow]) -> list[TokenRow]:
    """Return the chosen rows of some pairs, then the rejected ones."""
    return [pair.chosen for pair in pairs] + [pair.rejected for pair in pairs]


def _arrays(material: Material, number: int) -> Arrays | None:
    made = material.examples(number)
    if made is None:
        return None
    lengths = np.bincount(np.array(made.rows), np.array(made.weights), minlength=made.tokens.shape[0])
    return material.arrays(number, made) | {"lengths": mx.array(lengths.astype(np.float32))}
