"""Questions and answers as token ids, with the place where the answer begins.

Prompts are rendered by the model's own chat template up to the point where it would answer; the answer is encoded on
its own and closed by the end-of-turn token. That is exactly what the model sees and must say when it is asked later:
a prompt that was tokenized together with its answer could end in a token that no prompt ends in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import jinja2

from curatord.errors import CuratordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Message = dict[str, str]


class TemplateError(CuratordError):
    """The base model has no chat template that can hold a question."""


class Tokenizer(Protocol):
    """What is used of a Hugging Face tokenizer, or of mlx_lm's wrapper around one."""

    eos_token_id: int

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return token ids."""

    def apply_chat_template(self, conversation: list[Message], **options: Any) -> Any:  # noqa: ANN401  str or ids
        """Render a conversation."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One prompt and its answer: `tokens` in order, of which those from `answer` on are supervised."""

    tokens: tuple[int, ...]
    answer: int

    def __post_init__(self) -> None:
        """Refuse a row without a supervised token, whose mean loss would be 0 / 0."""
        if not 0 < self.answer < len(self.tokens):
            raise ValueError(f"of {len(self.tokens)} tokens the answer cannot begin at {self.answer}")

    @property
    def supervised(self) -> int:
        """How many tokens are learned, end of turn included."""
        return len(self.tokens) - self.answer


class Encoder:
    """Turns questions and answers into token rows of at most `max_tokens`, with the same system text in each."""

    def __init__(self, tokenizer: Tokenizer, *, system: str, max_tokens: int) -> None:
        """Try the template out; raises TemplateError where it is missing or cannot hold a question."""
        self._tokenizer = tokenizer
        self._system = system
        self._max_tokens = max_tokens
        self._merges_system = bool(system) and not self._accepts_system()
        self._render([{"role": "user", "content": "?"}])
        self._ends: dict[str, tuple[int, ...]] = {}

    def row(self, question: str, answer: str) -> TokenRow | None:
        """Return the row; without the system text where it is too long with it, None where it is too long anyway.

        An answer is never cut.
        """
        for system in dict.fromkeys((self._system, "")):
            prompt = self.prompt(question, system)
            tokens = (*prompt, *self._answer(answer))
            if len(tokens) <= self._max_tokens:
                return TokenRow(tokens, len(prompt))
        return None

    def rows(self, pairs: Iterable[tuple[str, str]]) -> tuple[list[TokenRow], int]:
        """Return the rows of questions and answers, and how many were left out for their length."""
        made = [self.row(question, answer) for question, answer in pairs]
        kept = [row for row in made if row is not None]
        return kept, len(made) - len(kept)

    def length(self, answer: str) -> int:
        """Return how many tokens an answer has, end of turn included."""
        return len(self._answer(answer))

    @property
    def prefix(self) -> tuple[int, ...]:
        """The tokens that every prompt with the system text begins with."""
        one, other = self.prompt("What?"), self.prompt("Is it?")
        return one[: next(place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)]

    def prompt(self, question: str, system: str | None = None) -> tuple[int, ...]:
        """Return the tokens up to the point where the model answers."""
        system = self._system if system is None else system
        return self._encode(self._render(self._messages(question, system)))

    def _messages(self, question: str, system: str) -> list[Message]:
        if system and self._merges_system:
            return [{"role": "user", "content": f"{system}\n\n{question}"}]
        head = [{"role": "system", "content": system}] if system else []
        return [*head, {"role": "user", "content": question}]

    def _answer(self, answer: str) -> tuple[int, ...]:
        if answer not in self._ends:  # the phrasings of a fact share their answer, and come one after the other
            self._ends = {answer: (*self._encode(answer), self._tokenizer.eos_token_id)}
        return self._ends[answer]

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False))

    def _accepts_system(self) -> bool:
        """Whether the template has a place for a system message; Gemma's raises, some drop it without a word."""
        try:
            text = self._render([{"role": "system", "content": "curatord"}, {"role": "user", "content": "?"}])
        except TemplateError:
            return False
        return "curatord" in text

    def _render(self, messages: Sequence[Message]) -> str:
        try:
            text = self._tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
        except (ValueError, jinja2.TemplateError) as error:
            raise TemplateError(
                f"The base model's chat template cannot be used: {error}.", hint="Choose an instruct model as base."
            ) from error
        return str(text)
