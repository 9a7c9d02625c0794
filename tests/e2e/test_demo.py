"""What `make demo` judges by: which answers count as right, and when a loss has fallen."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from curatord.config import Settings
from tests.e2e.demo_place import DemoError
from tests.e2e.demo_training import TRAINING, holds, show_answers, show_losses


def _steps(stage: str, *losses: float) -> list[dict[str, Any]]:
    return [{"event": "step", "stage": stage, "loss": loss} for loss in losses]


_VALIDATIONS = [{"event": "validation", "stage": "sft", "loss": loss} for loss in (2.0, 0.1)]


def _answer(before: str, after: str) -> dict[str, Any]:
    return {"question": "How long?", "answer": "12 hours.", "keys": ["12"], "before": before, "after": after}


def test_the_demos_training_settings_are_valid() -> None:
    """What it writes into its configuration is what the settings know."""
    settings = Settings.model_validate(tomllib.loads(TRAINING))

    assert not settings.training.enabled
    assert settings.training.dpo.enabled


@pytest.mark.parametrize(
    ("answer", "right"),
    [("Read it after 12 hours.", True), ("It takes 12.", True), ("120 h", False), ("1.12 m", False), ("12.5 h", False)],
)
def test_a_key_must_stand_in_an_answer_as_a_whole_word(answer: str, right: bool) -> None:
    """Part of a longer number is no key."""
    assert holds(answer, ["12"]) is right


def test_an_answer_needs_every_key() -> None:
    """One of two is not enough."""
    assert not holds("Put 20 g of salt into it.", ["20", "salt", "water"])


def test_a_loss_that_fell_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Both stages are told, with the first and the last steps' losses."""
    show_losses([*_VALIDATIONS, *_steps("sft", 2.0, 1.0, 0.5), *_steps("dpo", 0.693, 0.6, 0.4)])

    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["SFT", "2.000", "0.500"] in shown
    assert ["DPO", "0.693", "0.400"] in shown


@pytest.mark.parametrize("told", [_steps("sft", 2.0, 1.9), _steps("sft", 2.0, 0.1) + _steps("dpo", 0.693, 0.69)])
def test_a_loss_that_did_not_fall_ends_the_demo(told: list[dict[str, Any]]) -> None:
    """A demo that shows no learning has failed."""
    with pytest.raises(DemoError, match=r"the loss of \w+ went from"):
        show_losses([*_VALIDATIONS, *told])


def test_a_stage_without_steps_ends_the_demo() -> None:
    """SFT alone is half of what is to be shown."""
    with pytest.raises(DemoError, match="no step of dpo"):
        show_losses([*_VALIDATIONS, *_steps("sft", 2.0, 0.1)])


@pytest.mark.parametrize(("before", "after"), [("12 hours", "12 hours"), ("a day", "a week"), ("12 hours", "a day")])
def test_no_question_that_was_learned_ends_the_demo(before: str, after: str) -> None:
    """Wrong before and right after, or it shows nothing."""
    with pytest.raises(DemoError, match="no question"):
        show_answers([_answer(before, after)])


def test_a_learned_question_is_printed_with_both_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """The reader judges by the answers themselves."""
    show_answers([_answer("A day.", "After 12 hours.")])

    shown = capsys.readouterr().out
    assert "A day." in shown
    assert "After 12 hours." in shown
