"""Interrogation: entropy and agreement of a model's own replies, measured on a tiny model and checked by hand."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, cast

import mlx.core as mx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlx_lm import batch_generate

from curatord.exam.interrogate import (
    InterrogationError,
    Questioning,
    agreement,
    interrogate,
    interrogate_apart,
    token_f1,
)
from curatord.train import base_model, lora
from tests.train.tiny import FACTS, SYSTEM, Tiny, load_tiny

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(alphabet="ab .", max_size=12)


@pytest.fixture(scope="module", autouse=True)
def _without_a_compiler() -> None:
    """As in the tests of training."""
    mx.disable_compile()


@pytest.fixture(scope="module")
def tiny(tiny_directory: Path) -> Tiny:
    """A model with random weights: it knows nothing."""
    return load_tiny(tiny_directory)


def prompts(tiny: Tiny, count: int = 5) -> list[tuple[int, ...]]:
    """Return prompts of several lengths that end in different tokens, which is what such a model repeats."""
    return [tiny.encoder.prompt(question)[: -4 - place] for place, (question, _) in enumerate(FACTS[:count])]


def sharpened(tiny_directory: Path, factor: float) -> Tiny:
    """Return a model whose logits are further apart."""
    tiny = load_tiny(tiny_directory)
    tiny.model.model.norm.weight = tiny.model.model.norm.weight * factor
    return tiny


def ask(tiny: Tiny, asked: list[tuple[int, ...]], **changes: Any) -> Any:  # noqa: ANN401  the options by name
    """Interrogate with few tokens."""
    return interrogate(tiny.model, tiny.tokenizer, asked, **({"max_tokens": 6, "samples": 0, "seed": 0} | changes))


def test_the_reply_is_the_greedy_one(tiny: Tiny) -> None:
    """As the exam has it."""
    asked = prompts(tiny)
    assert len({one.reply for one in ask(tiny, asked)}) > 1
    expected = batch_generate(tiny.model, tiny.tokenizer, [list(one) for one in asked], max_tokens=6).texts
    assert [one.reply for one in ask(tiny, asked)] == [text.strip() for text in expected]


def test_the_entropy_is_the_mean_over_the_steps(tiny: Tiny) -> None:
    """Worked out once more, token by token, without a batch."""
    (asked,) = prompts(tiny, 1)
    tokens, steps = list(asked), []
    for _ in range(6):
        logits = tiny.model(mx.array([tokens]))[0, -1].astype(mx.float32)
        logprobs = logits - mx.logsumexp(logits)
        steps.append(float(-(mx.exp(logprobs) * logprobs).sum().item()))
        tokens.append(cast("int", mx.argmax(logits).item()))
    assert tiny.tokenizer.eos_token_id not in tokens[len(asked) :]
    (said,) = ask(tiny, [asked])
    assert said.entropy == pytest.approx(sum(steps) / 6, rel=1e-4)


def test_a_model_that_knows_nothing_is_unsure(tiny: Tiny) -> None:
    """Its entropy is near that of an even choice among all tokens, and its drawn replies have little in common."""
    vocabulary = tiny.model.model.embed_tokens.weight.shape[0]
    for said in ask(tiny, prompts(tiny), samples=2):
        assert 0.8 * math.log(vocabulary) < said.entropy <= math.log(vocabulary) + 1e-3
        assert said.agreement < 0.5


def test_a_model_that_says_one_thing_is_sure(tiny_directory: Path) -> None:
    """With logits far apart, every reply is the same."""
    tiny = sharpened(tiny_directory, 1e4)
    for said in ask(tiny, prompts(tiny), samples=2):
        assert said.entropy < 0.01
        assert said.agreement == 1


def test_equal_seeds_draw_equal_replies(tiny_directory: Path) -> None:
    """The exam can be repeated; what is not drawn is the same for every seed."""
    tiny = sharpened(tiny_directory, 6)
    one, same, other = (ask(tiny, prompts(tiny), samples=6, seed=seed) for seed in (7, 7, 8))
    assert one == same
    assert [said.agreement for said in one] != [said.agreement for said in other]
    assert [said.reply for said in one] == [said.reply for said in other]


def test_without_samples_there_is_no_agreement(tiny: Tiny) -> None:
    """One reply agrees with nobody."""
    assert [one.agreement for one in ask(tiny, prompts(tiny, 2))] == [None, None]


def test_agreement_is_the_mean_f1_of_every_two_replies() -> None:
    """Of three: two are alike, the third shares half of its words with each."""
    assert agreement(["port 8085", "Port 8085.", "port 9000"]) == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert agreement(["port 8085"]) is None


@given(one=TEXT, other=TEXT)
def test_f1_is_symmetric_and_one_for_equal_texts(one: str, other: str) -> None:
    """And keeps its range."""
    assert token_f1(one, other) == token_f1(other, one)
    assert 0 <= token_f1(one, other) <= 1
    assert token_f1(one, one) == 1


def kept_adapter(tiny_directory: Path, directory: Path, **about: str) -> Path:
    """Save an adapter for the tiny model as a run does."""
    tiny = load_tiny(tiny_directory)
    base = base_model.resolve(str(tiny_directory), directory / "models")
    lora.save(
        tiny.model,
        directory / "adapter",
        tiny.settings.lora,
        {"run": "r", "base": str(tiny_directory), "base_sha256": base.sha256} | about,
    )
    return directory / "adapter"


def request(adapter: Path, directory: Path) -> Questioning:
    """Ask two questions."""
    questions = tuple(question for question, _ in FACTS[:2])
    return Questioning(
        adapter=adapter, models=directory / "models", system=SYSTEM, questions=questions, max_tokens=6, samples=1
    )


@pytest.fixture
def _no_compiler_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MLX_DISABLE_COMPILE", "1")


@pytest.mark.usefixtures("_no_compiler_in_the_child")
def test_the_adapter_in_service_is_asked_in_a_process_of_its_own(tiny_directory: Path, tmp_path: Path) -> None:
    """Base and adapter are loaded there; the replies come back in order."""
    tiny = load_tiny(tiny_directory)
    said = interrogate_apart(request(kept_adapter(tiny_directory, tmp_path), tmp_path))
    expected = ask(tiny, [tiny.encoder.prompt(question) for question, _ in FACTS[:2]])
    assert [one.entropy for one in said] == pytest.approx([one.entropy for one in expected], rel=1e-3)
    assert all(one.agreement is not None for one in said)


@pytest.mark.parametrize(
    ("about", "told"), [({"base": "/nowhere"}, "There is no base model"), ({"base_sha256": "0"}, "is not the one")]
)
@pytest.mark.usefixtures("_no_compiler_in_the_child")
def test_what_is_wrong_with_the_base_is_told(
    tiny_directory: Path, tmp_path: Path, about: dict[str, str], told: str
) -> None:
    """One line, not a traceback."""
    with pytest.raises(InterrogationError, match=told):
        interrogate_apart(request(kept_adapter(tiny_directory, tmp_path, **about), tmp_path))


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """Somebody waits for the answer."""
    with pytest.raises(InterrogationError, match="within 0 seconds"):
        interrogate_apart(request(tmp_path, tmp_path), seconds=0.01)
