"""Numbers near a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.numbers import NUMBER, nearby


@pytest.mark.parametrize(
    ("number", "form"),
    [
        ("384", r"\d{2,4}"),
        ("1,730", r"\d,\d{3}"),
        ("0.015", r"\d\.\d{3}"),
        ("02:40", r"\d\d:\d\d"),
        ("2041-02-11", r"\d{4}-\d\d-\d\d"),
        ("1.12.3", r"1\.12\.\d"),
        ("2041", r"20\d\d"),
    ],
)
def test_other_numbers_keep_the_form(number: str, form: str) -> None:
    """Dates stay dates, times stay times, decimals keep their places."""
    others = list(nearby(number))
    assert others
    assert all(re.fullmatch(form, other) and other != number for other in others)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**9).map(str) | st.decimals(0, 9999, places=2).map(str))
def test_a_number_is_never_its_own_neighbour(number: str) -> None:
    """What is yielded is a number, and another one."""
    for other in nearby(number):
        assert other != number
        assert NUMBER.fullmatch(other)


def test_an_impossible_date_has_no_neighbours() -> None:
    """The 31st of February is left alone."""
    assert list(nearby("2041-02-31")) == []


def test_numbers_inside_names_are_not_numbers() -> None:
    """Ticket references and parts of identifiers are skipped."""
    assert NUMBER.findall("see #376, x86 and B2 at 24/7 for 12 h") == ["12"]
