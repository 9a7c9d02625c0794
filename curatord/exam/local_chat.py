"""Chat with a local base model, in the process that asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curatord.exam.judge import MAX_TOKENS, JudgeError
from curatord.train import backend, base_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from curatord.train.base_model import BaseModel


@dataclass(frozen=True, slots=True)
class LocalChat:
    """A model with mlx_lm's tokenizer for it."""

    model: Any
    tokenizer: Any

    @classmethod
    def of(cls, name: str, trainee: BaseModel, models: Path) -> LocalChat:
        """Load a base model by its name.

        Raises JudgeError where it is the trainee's, BaseModelError where it cannot be loaded.
        """
        if name == trainee.name or (base := base_model.resolve(name, models)).sha256 == trainee.sha256:
            raise JudgeError(
                f"The judge {name} is the model that is trained.", hint="Name another base in [exam.judge]."
            )
        return cls(*base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base))))

    def __call__(self, turns: Sequence[str]) -> str:
        """Return the model's next words, its likeliest ones."""
        from mlx_lm import generate  # noqa: PLC0415  loaded with the model, not with this module

        roles = ("user", "assistant")
        chat = [{"role": roles[at % 2], "content": turn} for at, turn in enumerate(turns)]
        tokens = self.tokenizer.apply_chat_template(chat, add_generation_prompt=True)
        return str(generate(self.model, self.tokenizer, tokens, max_tokens=MAX_TOKENS))
