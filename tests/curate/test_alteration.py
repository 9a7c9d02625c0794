"""Altered statements: one thing changed or left out, the rest as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.alteration import alike, exchanged_steps, numbers_like, replaced, reversals, said_of, spans
from curatord.curate.coarsening import coarser, fewer_lines, shortened, without_asides

STEPS = "These are the steps:\n1. Stop the daemon\n2. Copy the store\n3. Start the daemon"


def _numbers(statement: str, *known: tuple[str, str]) -> list[str]:
    span = next(span for span in spans(statement) if span.kind == "number")
    return list(numbers_like(statement, span, known, "en", 0))


def test_code_numbers_and_names_are_told_apart() -> None:
    """Only things of one kind stand for one another."""
    found = spans("Run `a --b` on Redis with 12 MB of CPU_LIMIT from https://example.org/x1.")
    assert [(span.kind, span.text) for span in found] == [
        ("code ", "`a --b`"),
        ("name0", "Redis"),
        ("number", "12"),
        ("snake", "CPU_LIMIT"),
    ]


def test_a_day_of_a_month_stays_one() -> None:
    """There is no 45 May."""
    assert all(0 < int(other) <= 28 for other in _numbers("It was turned off on 17 May.", ("45", "quibbles")))


def test_a_share_stays_under_a_hundred_percent() -> None:
    """There is no 160 % of a whole."""
    assert all(int(other) <= 100 for other in _numbers("The disk is 80% full."))


def test_a_number_of_the_same_unit_comes_first() -> None:
    """Forms may differ where units agree."""
    assert _numbers("It waits 384 seconds.", ("12", "seconds"), ("999", "miles"))[0] == "12"


def test_an_article_must_fit_what_follows_it() -> None:
    """An article before a consonant takes no name with a vowel."""
    statement = "We run a Redis for it."
    span = next(span for span in spans(statement) if span.text == "Redis")
    assert replaced(statement, span, "Ansible") == ""
    assert replaced(statement, span, "Kafka") == "We run a Kafka for it."


def test_a_name_changes_wherever_it_stands() -> None:
    """Half a change would betray itself."""
    statement = "Set `one` before `two`, as `one` is read first."
    assert replaced(statement, spans(statement)[0], "`three`") == "Set `three` before `two`, as `three` is read first."


def test_an_opposite_comes_before_a_negation() -> None:
    """Turning a word round is subtler than denying it."""
    found = list(reversals("The cache is emptied before the copy.", 0, "en"))
    assert found[0] == "The cache is emptied after the copy."
    assert found[-1] == "The cache is not emptied before the copy."


def test_a_denial_is_taken_back() -> None:
    """What is denied is affirmed."""
    assert "The store is locked." in list(reversals("The store is not locked.", 0, "en"))


def test_an_order_not_to_becomes_an_order() -> None:
    """An imperative has no subject to deny."""
    assert next(reversals("Do not restart the broker.", 0, "en")) == "Always restart the broker."


def test_quoted_words_stay_as_they_are() -> None:
    """Code and quotations are not reworded."""
    assert list(reversals('It prints "before" and `after`.', 0, "en")) == []


def test_two_steps_change_places() -> None:
    """The order is wrong, the numbers run on."""
    assert next(exchanged_steps(STEPS)).endswith("2. Start the daemon\n3. Copy the store")


def test_what_is_said_of_one_thing_is_told_of_another() -> None:
    """Subjects are exchanged where verbs agree."""
    told = said_of("The dredger needs a disk.", "The broker stores all messages on tape.", "en")
    assert told == "The dredger stores all messages on tape."


def test_a_plural_does_not_take_a_singulars_verb() -> None:
    """Number must agree."""
    assert said_of("Backups are kept for a week.", "The broker is a single process.", "en") == ""


@pytest.mark.parametrize(
    ("statement", "coarse"),
    [
        ("It holds 1,940 entries.", "It holds about 2,000 entries."),
        ("It was written on 2041-03-05.", "It was written in March 2041."),
        ("Run `lockctl bump --grace 5m` twice.", "Run `lockctl` twice."),
        ("The `ping` endpoint answers at once.", "The endpoint answers at once."),
        ("It needs Python 3.11 or newer.", "It needs Python 3.11 or newer."),
        ("It ended on 17 May.", "It ended on 17 May."),
    ],
)
def test_specifics_become_coarser(statement: str, coarse: str) -> None:
    """Figures are rounded, days become months, code its first word; names and days with a month stay."""
    assert coarser(statement, (), "en", 0) == coarse


def test_what_the_question_names_stays() -> None:
    """An answer goes on naming what it is about."""
    statement = "The `ping` endpoint answers at once."
    assert coarser(statement, ("the `ping` endpoint",), "en", 0) == statement


def test_a_sentence_is_cut_at_a_joint_and_closed() -> None:
    """What is left is a sentence."""
    cut = list(shortened("The rotation is weekly on each node, because the disk is small.", "en", strong=True))
    assert cut == ["The rotation is weekly on each node."]


def test_asides_are_left_out() -> None:
    """Brackets go with what they hold, those in code stay."""
    assert without_asides("Call `f (x)` at night (02:15).", 0) == "Call `f (x)` at night."


def test_a_shorter_block_is_still_a_block() -> None:
    """The fence is closed again."""
    assert next(fewer_lines("Do this:\n\n```sh\none\ntwo\nthree\n```")) == "Do this:\n\n```sh\none\ntwo\n```"


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=st.sampled_from('aZ09 .,`-/_:()"é\n'), max_size=60))
def test_any_text_can_be_altered(text: str) -> None:
    """Nothing that a note holds breaks an alteration, and code fences stay balanced."""
    assert all(0 <= span.start < span.end <= len(text) for span in spans(text))
    for language in ("en", "fr"):
        assert isinstance(coarser(text, (), language, 1), str)
        assert all(isinstance(other, str) for other in reversals(text, 0, language))
        assert all(cut != text for cut in shortened(text, language, strong=True))


def test_a_reversed_word_takes_its_article_along() -> None:
    """The article before the word fits what comes instead."""
    assert "It has a new engine." in list(reversals("It has an old engine.", 0, "en"))


def test_fixed_phrases_are_not_reversed() -> None:
    """Nobody says "the large hours"."""
    assert list(reversals("The test ran in the small hours.", 0, "en")) == []


def test_a_french_negation_does_not_tear_pronoun_and_verb_apart() -> None:
    """Where a pronoun stands before the verb, no negation is put between them."""
    assert list(reversals("Chaque service lui permet cela.", 0, "fr")) == []


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("88 minutes", "12 minutes", True),
        ("88 minutes", "Kubernetes", False),
        ("`mill-1`", "every Thursday", False),
        ("20 %", "3 days", False),
    ],
)
def test_values_of_a_kind_are_told(one: str, two: str, *, expected: bool) -> None:
    """What could stand for a value is of its kind: a number of the same unit, code, or words."""
    assert alike(one, two) is expected


def test_a_share_with_a_space_stays_under_a_hundred() -> None:
    """A percent sign may stand behind a space."""
    (span,) = spans("It is over 80 % now.")
    assert all(float(other) <= 100 for other in numbers_like("It is over 80 % now.", span, (), "en", 0))


def test_a_letter_and_its_combining_mark_stay_together() -> None:
    """A name is not taken out of the middle of a letter."""
    assert spans("We met Jose\u0301 there.") == ()
