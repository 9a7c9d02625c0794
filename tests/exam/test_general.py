"""General questions: bundled, of a fixed order, and not those that replay practises."""

from __future__ import annotations

import pytest

from curatord.exam import general
from curatord.exam.general import Probe
from curatord.train.replay import prompts


def test_there_are_enough_probes_to_see_a_loss_of_two_points() -> None:
    """One of eighty is little more than a point; ids and questions are unique."""
    probes = general.probes()
    assert len(probes) >= 64
    assert len({probe.id for probe in probes}) == len({probe.question for probe in probes}) == len(probes)


def test_no_probe_is_practised_by_replay() -> None:
    """What keeps the model from forgetting must not be what tells whether it forgot."""
    practised = {prompt.casefold() for prompt in prompts()}
    assert [probe.question for probe in general.probes() if probe.question.casefold() in practised] == []


@pytest.mark.parametrize("probe", general.probes(), ids=lambda probe: probe.id)
def test_a_probe_is_answered_by_its_keys_and_not_by_its_question(probe: Probe) -> None:
    """Each alternative is right in a sentence; repeating the question is wrong."""
    assert all(general.grade(probe, f"It is {alternative}.") for alternative in probe.keys[0])
    assert not general.grade(probe, probe.question)
    assert not general.grade(probe, "")


def test_a_reply_needs_every_part_and_one_alternative_of_each() -> None:
    """Parts and alternatives are told apart."""
    probe = Probe("mix", "Which two colours make pink?", (("red",), ("white", "ivory")))
    assert general.grade(probe, "Red and ivory.")
    assert not general.grade(probe, "Red and blue.")
    assert not general.grade(probe, "Not red but white.")
