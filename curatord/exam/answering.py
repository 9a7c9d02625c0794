"""Asking a model: greedy replies in batches, with the adapter at any strength or without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlx import nn

    from curatord.train.rows import Encoder

BATCH = 32


class InterruptedByRequest(Exception):  # noqa: N818  no error: the process was asked to leave
    """The exam goes on later."""


class Answerer:
    """A model that answers questions; `must_stop` is asked between batches."""

    def __init__(
        self,
        model: nn.Module,
        tokenizer: Any,  # noqa: ANN401  mlx_lm has no types
        encoder: Encoder,
        *,
        max_tokens: int,
        must_stop: Callable[[], bool],
    ) -> None:
        """Take a model, with LoRA layers or without."""
        self._model = model
        self._tokenizer = tokenizer
        self._encoder = encoder
        self.max_tokens = max_tokens
        self._must_stop = must_stop
        layers = [module for _, module in model.named_modules() if hasattr(module, "lora_a")]
        self._scales = [(layer, float(layer.scale)) for layer in layers]

    def set_strength(self, strength: float) -> None:
        """Use the adapter's update times `strength`; 0 is the base model.

        The layers' own scale is changed, not their matrices: both of them times r would be r squared.
        """
        for layer, scale in self._scales:
            layer.scale = scale * strength

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self._tokenizer.encode(text, add_special_tokens=False))

    def replies(self, questions: Sequence[str], system: str | None = None, max_tokens: int | None = None) -> list[str]:
        """Return what the model says to each question, its likeliest token at every place.

        `system` stands in for the system text that was trained with, `max_tokens` for the most that are usually said.
        Raises InterruptedByRequest.
        """
        from mlx_lm import batch_generate  # noqa: PLC0415  a second that other users of this module need not spend

        prompts = [list(self._encoder.prompt(question, system)) for question in questions]
        order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
        said = [""] * len(prompts)
        for start in range(0, len(order), BATCH):
            if self._must_stop():
                raise InterruptedByRequest
            places = order[start : start + BATCH]
            batch = [prompts[place] for place in places]
            made = batch_generate(
                self._model,
                self._tokenizer,
                batch,
                max_tokens=max_tokens or self.max_tokens,
                completion_batch_size=len(batch),
            )
            for place, text in zip(places, made.texts, strict=True):
                said[place] = text.strip()
        return said
