"""Meanings as numbers: how two of them are compared, and how those of all facts are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.exam.meaning import DIMENSIONS, NOTHING, Meaning, Meanings

if TYPE_CHECKING:
    from collections.abc import Sequence


def meaning(*tokens: int, weights: Sequence[float] = ()) -> Meaning:
    """A text whose tokens each mean one thing of its own, or minus that."""
    vectors = np.zeros((len(tokens), DIMENSIONS), np.float32)
    for place, token in enumerate(tokens):
        vectors[place, abs(token)] = 1.0 if token >= 0 else -1.0
    even = np.full(len(tokens), 1 / max(1, len(tokens)), np.float32)
    return Meaning(vectors, np.array(weights, np.float32) if weights else even)


def test_each_token_of_a_question_counts_with_the_nearest_of_a_fact() -> None:
    """The order of tokens does not matter, and neither does what else the fact says."""
    facts = Meanings.of([meaning(1, 2, 3), meaning(9, 2), meaning(8)])
    assert facts.likeness([meaning(3, 2)])[0] == pytest.approx([1.0, 0.5, 0.0])


def test_tokens_count_as_much_as_their_weights_say() -> None:
    """A word that tells what is asked for outweighs one that only asks."""
    facts = Meanings.of([meaning(1), meaning(2)])
    assert facts.likeness([meaning(1, 2, weights=[0.9, 0.1])])[0] == pytest.approx([0.9, 0.1])


def test_a_fact_without_tokens_is_like_nothing() -> None:
    """Wherever it stands among the others."""
    facts = Meanings.of([NOTHING, meaning(1), NOTHING, meaning(2), NOTHING])
    assert facts.likeness([meaning(2)])[0] == pytest.approx([-1.0, 0.0, -1.0, 1.0, -1.0])


def test_many_facts_and_questions_are_compared_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few facts at a time are made float32; where one group ends does not matter."""
    facts = [meaning(*range(number % 4, 4)) for number in range(11)]
    asked = [meaning(number) for number in range(4)]
    whole = Meanings.of(facts).likeness(asked)
    monkeypatch.setattr("curatord.exam.meaning._TOGETHER", 2)
    assert Meanings.of(facts).likeness(asked).tolist() == whole.tolist()


def test_nothing_is_like_a_question_without_tokens() -> None:
    """And where there are no facts there is no likeness."""
    assert Meanings.of([meaning(1), meaning(2)]).likeness([NOTHING])[0] == pytest.approx([-1.0, -1.0])
    assert Meanings.of([]).likeness([meaning(1)]).shape == (1, 0)


@given(st.lists(st.lists(st.integers(-9, 9), max_size=5), max_size=6), st.lists(st.integers(-9, 9), min_size=1))
def test_what_is_read_is_what_was_kept(facts: list[list[int]], question: list[int]) -> None:
    """For any facts, those without tokens included, in the bytes of a safetensors file."""
    before = Meanings.of([meaning(*tokens) for tokens in facts])
    after = Meanings.from_bytes(before.to_bytes())
    asked = [meaning(*question)]
    assert after.likeness(asked).tolist() == before.likeness(asked).tolist()


@given(st.lists(st.floats(-1, 1, width=32), min_size=DIMENSIONS, max_size=DIMENSIONS))
def test_keeping_a_vector_in_bytes_costs_little_likeness(numbers: list[float]) -> None:
    """Less than one part in a hundred, whatever its direction."""
    length = float(np.linalg.norm(numbers))
    if length < 1e-3:
        return
    vector = np.array([numbers], np.float32) / np.float32(length)
    one = Meaning(vector, np.ones(1, np.float32))
    assert Meanings.of([one]).likeness([one])[0, 0] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("data", [b"", b"no safetensors", Meanings.of([meaning(1)]).to_bytes()[:-1]])
def test_bytes_that_are_no_meanings_are_refused(data: bytes) -> None:
    """Whether they were never any, or were cut off."""
    with pytest.raises(ValueError, match=r".+"):
        Meanings.from_bytes(data)


def test_vectors_without_an_end_are_refused() -> None:
    """The file is whole, and yet its parts do not belong together."""
    whole = Meanings.of([meaning(1, 2)])
    torn = Meanings(whole.vectors[:1], whole.ends)
    with pytest.raises(ValueError, match="do not fit"):
        Meanings.from_bytes(torn.to_bytes())
