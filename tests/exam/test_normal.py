"""Texts for comparing: what is written in several ways is brought to one."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.exam.normal import dates_spelled, normalised

EQUAL = [
    ("1,200", "1 200", "1'200", "1\u2019200", "1_200", "1\u202f200", "1200", "\uff11\uff12\uff10\uff10"),
    ("3,5", "3.5"),
    ("0,125", "0.125"),
    ("5 km", "5km", "5 kilometres", "five kilometers", "5-kilometre", "**5** km", "\u0665 km"),
    ("30 s", "30 sec", "30 seconds", "thirty seconds", "30s"),
    ("14 min", "fourteen minutes", "14-minute"),
    ("1 h", "one hour", "une heure"),
    ("5 MB", "5 megabytes", "5mb"),
    ("5 MiB", "5 mebibytes"),
    ("92 %", "92%", "92 percent", "92 per cent", "ninety-two percent"),
    ("-5 °C", "\u22125 °C", "minus five degrees Celsius", "\u20135 \u2103"),
    ("€40", "40 €", "forty euros", "40 EUR"),
    ("2041-03-04", "4 March 2041", "March 4, 2041", "4th of March, 2041", "2041/3/4", "04.03.2041", "4 mars 2041"),
    ("1er avril 2041", "April 1st, 2041", "1 Apr. 2041"),
    ("7:05 pm", "19:05", "7:05 p.m.", "19h05"),
    ("7:05", "07:05", "7:05 am"),
    ("seven", "7", "sept", "`7`", "_seven_"),
    ("twenty-one", "twenty one", "21", "vingt et un"),
    ("5\u201310", "5-10", "5 to 10", "5 \u2014 10"),
    ("between 5 and 10", "between 5 to 10"),
    ("2\u00bd", "2 1/2"),
    ("10\u00b3", "10^3"),
    ("heat-sealed pouch", "Heat sealed  pouch", "heat\u2010sealed pouch."),
    ("`loan_limit`", "loan_limit", "**loan_limit**", "\u201cloan_limit\u201d"),
    ("don\u2019t", "DON'T"),
    ("Caf\u00e9", "Cafe\u0301", "CAF\u00c9"),
    ("Stra\u00dfe", "STRASSE"),
    ("\uff21\uff22", "ab"),
]
DIFFERENT = [
    ("5 MB", "5 MiB"),
    ("1.5", "15"),
    ("1.5", "1.50"),
    ("5", "-5"),
    ("5 s", "5 min"),
    ("5 °C", "5 °F"),
    ("1, 200", "1200"),
    ("2041-03-04", "2041-04-03"),
    ("7:05 am", "7:05 pm"),
    ("cafe", "caf\u00e9"),
    ("this one", "this 1"),
]
PIECES = st.sampled_from(
    [
        *(text for group in EQUAL for text in group),
        "one",
        "-",
        "--",
        ",",
        ".",
        ":",
        "'",
        "*",
        "_",
        "(",
        "°",
        "\u00b7",
        "$",
    ]
)
LETTERS = st.text(st.sampled_from("0123459 ,.':-_/*`\u2212\u2013\u20ac%°hskmapt\u00bd\u00b2#()\n"), max_size=16)


@pytest.mark.parametrize("group", EQUAL, ids=lambda group: group[0])
def test_what_is_written_in_several_ways_has_one_form(group: tuple[str, ...]) -> None:
    """Each of these says the same."""
    assert {normalised(text) for text in group} == {normalised(group[0])}


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_in_meaning_keeps_two_forms(one: str, other: str) -> None:
    """Units, signs, decimals, list commas, the order of a date: none of them is folded away."""
    assert normalised(one) != normalised(other)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=6).map(" ".join) | st.lists(PIECES, max_size=4).map("".join) | LETTERS | st.text())
def test_the_form_of_a_form_is_itself(text: str) -> None:
    """Normalising twice changes nothing more."""
    assert normalised(normalised(text)) == normalised(text)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**12))
def test_thousands_separators_never_change_a_number(number: int) -> None:
    """Any whole number reads the same with any separator."""
    written = {f"{number:,}".replace(",", mark) for mark in (",", " ", "'", "_", "\u00a0", "\u202f", "")}
    assert {normalised(f"about {text} of them") for text in written} == {f"about {number} of them"}


@settings(deadline=None, max_examples=200)
@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_a_date_reads_the_same_in_every_form(day: date) -> None:
    """ISO 8601, day first and month first are one."""
    month = calendar.month_name[day.month]
    written = {day.isoformat(), f"{day.day} {month} {day.year}", f"{month} {day.day}, {day.year}"}
    assert {normalised(text) for text in written} == {day.isoformat()}


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(categories=["Ll", "Lu"]), min_size=1, max_size=8))
def test_emphasis_and_quotes_around_a_word_count_for_nothing(word: str) -> None:
    """Bold, code and quotation marks leave the word as it is."""
    marked = (f"**{word}**", f"`{word}`", f"_{word}_", f"\u201c{word}\u201d", f"({word})", f"{word}.")
    assert {normalised(text) for text in marked} == {normalised(word)}


def test_a_form_can_have_its_dates_in_words() -> None:
    """So that the day, the month and the year are found where they are looked for one by one."""
    assert dates_spelled(normalised("by 2041-03-04, at 7:05")) == "by 4 march 2041 at 07:05"
