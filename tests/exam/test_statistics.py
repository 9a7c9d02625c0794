"""Intervals and the paired test, against published values and their own laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.exam.statistics import mcnemar, paired, wilson

VERDICTS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


def test_the_interval_of_a_share_is_wilsons() -> None:
    """81 of 263, from Newcombe 1998 (Statistics in Medicine 17, 857), table I, method 3: 0.2553 to 0.3662."""
    found = wilson(81, 263)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)


def test_nothing_asked_tells_nothing() -> None:
    """The whole range."""
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_mcnemars_test_is_the_binomial_one() -> None:
    """Of 10 changed verdicts 9 the same way: 2 * (1 + 10) / 1024."""
    assert mcnemar(9, 1) == pytest.approx(22 / 1024)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0


def test_the_paired_interval_is_the_adjusted_walds() -> None:
    """Bonett and Price 2012 by hand: 8 gained and 2 lost of 100, so (9 - 3) / 102 with its standard error."""
    before = [True, True, *[False] * 98]
    after = [False, False, *[True] * 8, *[False] * 90]
    found = paired(before, after)
    assert found.gain == pytest.approx(0.06)
    assert found.interval.low == pytest.approx(
        6 / 102 - 1.959964 * (((12 / 102) - (6 / 102) ** 2) / 102) ** 0.5, abs=1e-6
    )


@given(VERDICTS)
def test_a_gain_lies_in_its_interval_and_turns_with_its_sides(verdicts: list[tuple[bool, bool]]) -> None:
    """Before and after exchanged: the same figures with the other sign."""
    before, after = [one for one, _ in verdicts], [other for _, other in verdicts]
    there, back = paired(before, after), paired(after, before)
    assert there.gain == -back.gain
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.p == back.p
    assert -1 <= there.interval.low <= there.interval.high <= 1
