"""Questions and answers as tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curatord.train.rows import Encoder, TemplateError, TokenRow
from tests.train.tiny import SYSTEM, load_tiny

if TYPE_CHECKING:
    from pathlib import Path

QUESTION, ANSWER = "What does flag 3 of the backup tool do?", "Flag 3 limits it to 33 kB/s."


@pytest.fixture
def tokenizer(tiny_directory: Path) -> Any:  # noqa: ANN401  mlx_lm's wrapper
    """The tiny model's tokenizer."""
    return load_tiny(tiny_directory).tokenizer


def test_the_answer_and_the_end_of_turn_are_supervised_and_nothing_else(tokenizer: Any) -> None:  # noqa: ANN401
    """What is learned is the answer, and to stop after it."""
    row = Encoder(tokenizer, system=SYSTEM, max_tokens=256).row(QUESTION, ANSWER)
    assert row is not None
    assert tokenizer.decode(list(row.tokens[row.answer :])) == f"{ANSWER}<|im_end|>"


def test_the_prompt_is_what_the_chat_template_makes_of_it(tokenizer: Any) -> None:  # noqa: ANN401
    """The model is trained on exactly what it will be asked with."""
    row = Encoder(tokenizer, system=SYSTEM, max_tokens=256).row(QUESTION, ANSWER)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    assert row is not None
    assert list(row.tokens[: row.answer]) == tokenizer.apply_chat_template(messages, add_generation_prompt=True)


def test_a_row_that_is_too_long_loses_the_system_text_first(tokenizer: Any) -> None:  # noqa: ANN401
    """The question and the answer are what counts."""
    whole = Encoder(tokenizer, system=SYSTEM, max_tokens=256).row(QUESTION, ANSWER)
    assert whole is not None
    row = Encoder(tokenizer, system=SYSTEM, max_tokens=len(whole.tokens) - 1).row(QUESTION, ANSWER)
    assert row is not None
    text = tokenizer.decode(list(row.tokens))
    assert SYSTEM not in text
    assert text.endswith(f"{ANSWER}<|im_end|>")


def test_a_row_that_is_too_long_anyway_is_left_out_and_counted(tokenizer: Any) -> None:  # noqa: ANN401
    """An answer is never cut."""
    rows, left_out = Encoder(tokenizer, system=SYSTEM, max_tokens=200).rows(
        [(QUESTION, ANSWER), (QUESTION, "no " * 300)]
    )
    assert (len(rows), left_out) == (1, 1)


def test_a_template_without_a_place_for_the_system_text_has_it_in_the_question(tokenizer: Any) -> None:  # noqa: ANN401
    """Gemma's template raises "System role not supported"."""
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
        "{% endif %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    )
    row = Encoder(tokenizer, system=SYSTEM, max_tokens=256).row(QUESTION, ANSWER)
    assert row is not None
    assert f"{SYSTEM}\n\n{QUESTION}" in tokenizer.decode(list(row.tokens))


def test_a_base_without_a_chat_template_is_refused_with_advice(tokenizer: Any) -> None:  # noqa: ANN401
    """A base model that was never taught to converse has none."""
    tokenizer.chat_template = None
    with pytest.raises(TemplateError, match=r"chat template.*instruct model"):
        Encoder(tokenizer, system=SYSTEM, max_tokens=256)


def test_a_row_without_a_supervised_token_cannot_be_made() -> None:
    """Its mean loss would be 0 / 0."""
    with pytest.raises(ValueError, match="cannot begin"):
        TokenRow((1, 2, 3), 3)


def test_all_prompts_begin_with_the_prefix(tokenizer: Any) -> None:  # noqa: ANN401
    """The system text and what stands around it; computed once, it need not be computed for every row."""
    encoder = Encoder(tokenizer, system=SYSTEM, max_tokens=256)
    for question in (QUESTION, "Why?", "", "Is it so?"):
        assert encoder.prompt(question)[: len(encoder.prefix)] == encoder.prefix
    assert SYSTEM in tokenizer.decode(list(encoder.prefix))
