"""When an adapter may go into service."""

from __future__ import annotations

from typing import Any

from curatord.config import Exam
from curatord.exam import gate
from curatord.exam.records import Change, Score, Trial

SETTINGS = Exam()
GENERAL = Score(asked=80, right=64)


def change(**changes: Any) -> Change:  # noqa: ANN401  whatever a record holds
    """Return a gain of twenty points that is no chance; `changes` are to its fields."""
    return Change(
        **{"asked": 200, "before": 0, "after": 40, "gain": 0.2, "low": 0.15, "high": 0.26, "p": 0.0} | changes
    )


def trial(scale: float, after: int, *, refused: tuple[str, ...] = (), alone: int = 60) -> Trial:
    """Return a trial."""
    return Trial(
        scale=scale,
        exam=change(after=after),
        exam_alone=Score(asked=200, right=after),
        general=GENERAL,
        general_alone=Score(asked=80, right=alone),
        refused=refused,
    )


def test_more_known_and_nothing_forgotten_may_be_promoted() -> None:
    """A gain beyond chance, and general knowledge as before."""
    assert gate.refusals(change(), GENERAL, GENERAL, SETTINGS) == ()


def test_a_gain_below_min_gain_is_refused() -> None:
    """Half a point, where one is wanted."""
    (reason,) = gate.refusals(change(gain=0.005), GENERAL, GENERAL, SETTINGS)
    assert "min_gain" in reason


def test_a_gain_that_may_be_chance_is_refused() -> None:
    """Its interval reaches below zero."""
    (reason,) = gate.refusals(change(low=-0.01), GENERAL, GENERAL, SETTINGS)
    assert "chance" in reason


def test_a_loss_of_general_knowledge_is_refused_from_max_loss_on() -> None:
    """One probe of eighty is 1.25 points and allowed; two are 2.5 and not."""
    assert gate.refusals(change(), Score(asked=80, right=63), GENERAL, SETTINGS) == ()
    (reason,) = gate.refusals(change(), Score(asked=80, right=62), GENERAL, SETTINGS)
    assert "max_loss" in reason


def test_a_loss_of_exactly_max_loss_is_allowed() -> None:
    """Two of a hundred."""
    assert gate.refusals(change(), Score(asked=100, right=80), Score(asked=100, right=82), SETTINGS) == ()


def test_an_exam_without_questions_promotes_nothing() -> None:
    """There is nothing to show."""
    assert gate.refusals(change(asked=0, gain=0.0), GENERAL, GENERAL, SETTINGS)


def test_the_best_admissible_strength_is_kept() -> None:
    """The strongest knows most, and is refused."""
    trials = [trial(0.6, 80), trial(0.8, 100), trial(1.0, 120, refused=("it loses 9 points",))]
    assert gate.best(trials).scale == 0.8


def test_among_equals_the_one_that_forgot_least_is_kept_then_the_weakest() -> None:
    """Less of an update does less harm."""
    assert gate.best([trial(1.0, 90, alone=50), trial(0.8, 90, alone=60)]).scale == 0.8
    assert gate.best([trial(1.0, 90), trial(0.6, 90)]).scale == 0.6


def test_without_an_admissible_one_the_candidate_is_the_one_that_knows_most() -> None:
    """It is kept, and can be promoted by hand."""
    assert gate.best([trial(0.6, 10, refused=("no",)), trial(1.0, 50, refused=("no",))]).scale == 1.0


def test_a_later_round_must_be_better_to_be_kept() -> None:
    """As good is not better."""
    assert gate.is_better(trial(1.0, 91), trial(1.0, 90))
    assert not gate.is_better(trial(1.0, 90), trial(1.0, 90))


def test_weaker_updates_are_tried_until_one_knows_less() -> None:
    """As long as the strongest is refused, or nothing is lost by less of it, there may be something to gain."""
    assert not gate.is_enough([trial(1.0, 90)])
    assert gate.is_enough([trial(1.0, 90), trial(0.8, 89)])
    assert not gate.is_enough([trial(1.0, 90), trial(0.8, 90)])
    assert not gate.is_enough([trial(1.0, 90, refused=("no",)), trial(0.8, 89)])
