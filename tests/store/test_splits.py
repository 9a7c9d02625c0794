"""How documents are split into train, valid and test."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.store.splits import Part, split_documents

DOCUMENTS = st.dictionaries(st.text(min_size=1, max_size=12), st.integers(1, 40), max_size=60)


def _rows_in(parts: dict[str, Part], rows: dict[str, int]) -> Counter[Part]:
    held: Counter[Part] = Counter()
    for document, part in parts.items():
        held[part] += rows[document]
    return held


@given(DOCUMENTS, st.integers(1, 16), st.booleans())
@settings(deadline=None, max_examples=150)
def test_a_part_is_empty_or_holds_the_minimum_and_train_keeps_three_quarters(
    rows: dict[str, int], minimum: int, test: bool
) -> None:
    """Valid and test are never too small to be a batch, and never starve train."""
    parts = split_documents(rows, minimum=minimum, test=test)
    held = _rows_in(parts, rows)
    assert set(parts) == set(rows)
    assert all(held[part] == 0 or held[part] >= minimum for part in (Part.VALID, Part.TEST))
    assert held[Part.TRAIN] * 4 >= sum(rows.values()) * 3
    assert test or Part.TEST not in parts.values()


@given(DOCUMENTS)
@settings(deadline=None, max_examples=50)
def test_the_order_of_the_documents_does_not_matter(rows: dict[str, int]) -> None:
    """The same documents are split the same way however they are listed."""
    backwards = dict(reversed(rows.items()))
    assert split_documents(rows, minimum=4) == split_documents(backwards, minimum=4)


def test_many_documents_fall_ninety_five_and_five() -> None:
    """With thousands of documents the hash alone makes the split."""
    rows = {f"document-{number}": 10 for number in range(4000)}
    held = _rows_in(split_documents(rows, minimum=4), rows)
    assert 0.88 < held[Part.TRAIN] / 40_000 < 0.92
    assert 0.04 < held[Part.VALID] / 40_000 < 0.06
    assert 0.04 < held[Part.TEST] / 40_000 < 0.06


def test_a_document_keeps_its_part_as_others_come() -> None:
    """Growth moves nobody once the hash alone fills the parts."""
    rows = {f"document-{number}": 10 for number in range(2000)}
    before = split_documents(rows, minimum=4)
    after = split_documents(rows | {f"later-{number}": 10 for number in range(500)}, minimum=4)
    assert before.items() <= after.items()


def test_a_few_documents_still_get_a_valid_and_a_test_part() -> None:
    """Where the hash would leave valid and test short, train documents move over."""
    rows = {f"note-{number}": 5 for number in range(16)}
    for seed in range(20):
        held = _rows_in(split_documents({f"{seed}/{name}": 5 for name in rows}, minimum=4), Counter())
        assert set(held) == set(Part)


def test_one_document_is_all_train() -> None:
    """Whatever its hash says: a model cannot learn from an empty file."""
    for number in range(60):
        assert split_documents({f"only-{number}": 100}, minimum=4) == {f"only-{number}": Part.TRAIN}


def test_a_document_too_large_for_valid_goes_to_train() -> None:
    """A note with most of the rows is not held back, even where its hash says valid or test."""
    for number in range(60):
        large = f"large-{number}"
        rows = {large: 1000} | {f"small-{other}": 5 for other in range(40)}
        assert split_documents(rows, minimum=4)[large] is Part.TRAIN
