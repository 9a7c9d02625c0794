"""Taking simple clauses apart, and leaving the others alone."""

from __future__ import annotations

import pytest

from curatord.curate.clause import parse
from curatord.curate.lexicon import lexicon, third_person


@pytest.mark.parametrize(
    ("sentence", "inverted"),
    [
        ("The dredger needs free disk space.", None),
        ("The dredger needs a free disk.", "does The dredger need a free disk"),
        ("Human sessions live 10 hours.", "do Human sessions live 10 hours"),
        ("Sealed layers are merged by the dredger.", "are Sealed layers merged by the dredger"),
        ("A slot can be booked at noon.", "can A slot be booked at noon"),
        ("Images built by the crane are stored.", "are Images built by the crane stored"),
        ("Kettle has a lock.", "does Kettle have a lock"),
        ("Tarnflow can't plan tows.", "can Tarnflow not plan tows"),
        ("`--grace` takes `m` or `h`.", "does `--grace` take `m` or `h`"),
    ],
)
def test_a_clause_can_be_asked(sentence: str, inverted: str | None) -> None:
    """The auxiliary goes before the subject; a verb without one is asked with "do"."""
    clause = parse(sentence, lexicon("en"))
    assert (clause and clause.inverted()) == inverted


@pytest.mark.parametrize(
    "sentence",
    [
        "It runs nightly at 02:40.",
        "If there is no room, it skips.",
        "The messages that pile up are dropped.",
        "See the runbook for more.",
        "There are two buses.",
        "Fast, cheap and reliable.",
    ],
)
def test_what_is_no_plain_clause_is_left_alone(sentence: str) -> None:
    """Pronouns, subordinate clauses, relative clauses and fragments give nothing."""
    assert parse(sentence, lexicon("en")) is None


def test_a_negated_clause_says_so() -> None:
    """Negation in the verb or right behind it is seen."""
    for sentence in ("Fold does not sign the frame.", "Fold isn't a signature.", "Fold cannot sign a frame."):
        clause = parse(sentence, lexicon("en"))
        assert clause is not None
        assert clause.negative


def test_french_clauses_are_asked_without_inversion() -> None:
    """French needs the subject and the predicate only."""
    clause = parse("Une passerelle regroupe les API internes.", lexicon("fr"))
    assert clause is not None
    assert (clause.subject, clause.verb, clause.auxiliary) == ("Une passerelle", "regroupe", "")


@pytest.mark.parametrize(
    ("base", "form"), [("run", "runs"), ("push", "pushes"), ("retry", "retries"), ("stay", "stays")]
)
def test_third_persons_are_spelled_right(base: str, form: str) -> None:
    """Sibilants take -es, a consonant before y takes -ies."""
    assert third_person(base) == form


def test_a_french_negation_belongs_to_the_verb() -> None:
    """The particle before the verb is no part of the subject."""
    clause = parse("Les changements manuels ne sont pas reproductibles.", lexicon("fr"))
    assert clause is not None
    assert (clause.subject, clause.verb) == ("Les changements manuels", "ne sont")
    assert clause.negative
    assert clause.plural


@pytest.mark.parametrize(
    "sentence",
    [
        "Light reflected from two faces interferes.",
        "Node groups per zone: Will allow scheduling.",
        "It was good! The end is near.",
    ],
)
def test_what_only_looks_like_subject_and_verb_is_left_alone(sentence: str) -> None:
    """A participle behind a bare noun, a label before a sentence, and two sentences are no plain clause."""
    assert parse(sentence, lexicon("en")) is None
