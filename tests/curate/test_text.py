"""Sentences, words and the tokens that must not change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.text import balanced, closed, hard_tokens, lowered, opened, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It runs nightly. It needs space.", ["It runs nightly.", "It needs space."]),
        ("Use e.g. Redis. Then stop.", ["Use e.g. Redis.", "Then stop."]),
        ("Version 1.2.3 is out. Upgrade!", ["Version 1.2.3 is out.", "Upgrade!"]),
        ("Run `a. B` first. Done.", ["Run `a. B` first.", "Done."]),
        ("He asked Dr. Stang. She left.", ["He asked Dr. Stang.", "She left."]),
        ("flags svc. reads yaml from disk. no cache", ["flags svc.", "reads yaml from disk.", "no cache"]),
        ("No stop at all", ["No stop at all"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    """Abbreviations, versions and code spans do not end a sentence."""
    assert sentences(text) == expected


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet="aB .!?`\n(\u00e9", max_size=60))
def test_splitting_loses_no_letter(text: str) -> None:
    """The sentences hold every character of the text but white space."""
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_hard_tokens_are_those_whose_form_matters() -> None:
    """Code, paths, numbers, identifiers and acronyms; each once, without backticks."""
    text = "Set `seal_mib` to 384 in /etc/silt/box.toml, says ModelFacade of the API; `seal_mib` again."
    assert hard_tokens(text) == ("seal_mib", "384", "/etc/silt/box.toml", "ModelFacade", "API")


def test_a_closed_text_ends_in_exactly_one_mark() -> None:
    """Closing is idempotent and keeps what already ends a sentence."""
    assert closed("done,") == "done."
    assert closed(closed("done")) == "done."
    assert closed("really?") == "really?"


def test_an_opened_text_keeps_its_abbreviation() -> None:
    """What ends a sentence goes, what ends a word stays."""
    assert opened("Stop it!") == "Stop it"
    assert opened("ports, hosts, etc.") == "ports, hosts, etc."


@pytest.mark.parametrize(
    ("text", "expected"), [("a (b) c", True), ("a (b c", False), ("a) b", False), ("`(` x", True), ('say "x', False)]
)
def test_brackets_and_quotes_must_be_closed(text: str, *, expected: bool) -> None:
    """Brackets inside code do not count."""
    assert balanced(text) is expected


def test_a_unit_of_one_letter_ends_a_sentence() -> None:
    """Only a capital letter is an initial."""
    assert sentences("The swell is above 3 m. The car has no cover.") == [
        "The swell is above 3 m.",
        "The car has no cover.",
    ]
    assert len(sentences("Written by J. Smith in May.")) == 1


def test_lower_case_keeps_every_letter_in_its_place() -> None:
    """Some capitals become two letters when lowered; these stay."""
    assert lowered("\u0130ZMIR Port") == "\u0130zmir port"
