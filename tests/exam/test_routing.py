"""Which questions are for the adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.errors import StoreError
from curatord.exam import general, routing
from curatord.exam.routing import Fact, Router, fit
from curatord.train import replay

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["Ostler", "Quillon", "Brackwater", "Thimbel", "Varnish", "Dovecote", "Marl", "Hexby", "Lanthorn", "Pewter"]
FACTS = [
    Fact(
        f"The {thing} of {name} is {number + 3} {unit}.",
        (f"What is the {thing} of {name}?", f"Which {thing} was noted for {name}?"),
    )
    for number, name in enumerate(NAMES)
    for thing, unit in (("retry limit", "attempts"), ("queue depth", "messages"), ("poll interval", "seconds"))
]
EXAM = [f"Tell me the {fact.statement.split(' is ')[0].lower()}." for fact in FACTS]


def is_one_token(word: str) -> bool:
    """Stand in for a tokenizer that has short words whole."""
    return len(word) < 6


@pytest.fixture(scope="module")
def router() -> Router:
    """A router of thirty facts about invented services."""
    return fit(FACTS, EXAM, replay.prompts(), is_one_token)


def test_what_the_notes_speak_of_is_the_adapters(router: Router) -> None:
    """In the words of the notes, and in words of one's own."""
    assert router.is_about_notes("What is the retry limit of Quillon?")
    assert router.is_about_notes("How often may Hexby try again?")


def test_what_they_do_not_speak_of_is_the_bases(router: Router) -> None:
    """Of the general probes, which the router was not fitted to, hardly one is taken for a question about the notes."""
    misled = [probe.question for probe in general.probes() if router.is_about_notes(probe.question)]
    assert len(misled) <= 0.03 * len(general.probes()), misled


def test_a_question_that_names_nothing_is_the_bases(router: Router) -> None:
    """All of it is unknown, rather than nothing."""
    _, _, _, unknown, *_ = router.figures("What is 2 + 2?")
    assert unknown == 1.0
    assert not router.is_about_notes("What is 2 + 2?")


def test_a_router_is_the_same_after_it_was_kept(router: Router, tmp_path: Path) -> None:
    """What is read is what was written."""
    routing.write(router, tmp_path)
    assert routing.read(tmp_path) == router


def test_an_adapter_without_a_router_has_none(tmp_path: Path) -> None:
    """It was made before, or without `route`."""
    assert routing.read(tmp_path) is None


def test_a_damaged_router_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Not a traceback."""
    (tmp_path / "routing.json").write_text("{")
    with pytest.raises(StoreError, match=r"routing\.json"):
        routing.read(tmp_path)


def test_equal_notes_give_an_equal_router(router: Router) -> None:
    """Chance follows from the content."""
    assert fit(FACTS, EXAM, replay.prompts(), is_one_token) == router


def test_without_questions_nothing_can_be_fitted_and_nothing_fails() -> None:
    """A router that takes every question as it comes: one half."""
    assert fit([], [], [], is_one_token).probability("What is this?") == 0.5
