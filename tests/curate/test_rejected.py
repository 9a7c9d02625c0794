"""Rejected answers: plausible, worse, and never true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.curate.draft import Draft
from curatord.curate.pair import Rejected, Strategy
from curatord.curate.rejected import Rejections
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = Lines(1, 1)
SLOTS = {
    "about": "layers in Siltbox",
    "topic": "Siltbox",
    "in_topic": "in Siltbox",
    "where": "in Siltbox",
    "np": "the layer",
}
NUMBER = Draft("figure", "A layer is sealed once it reaches 384 MiB.", SLOTS, LINES, ("384",), (), "384")
SIBLING = Draft("config", "`codec` is set to `plim`.", SLOTS, LINES, ("plim",), ("tarrow",), "plim")
PLAIN = Draft("clause", "Reads go through a small index before the disk.", SLOTS, LINES)
SUPPORT = "A layer is sealed once it reaches 384 MiB. `codec` is plim or tarrow. 576 is something else."


def _all(draft: Draft, others: Sequence[Draft] = (), seed: str = "0123456789abcdef") -> list[Rejected]:
    fact = Rejections("en", SUPPORT, [draft, *others]).for_fact(draft, seed)
    return [found for found in (fact.next() for _ in range(3)) if found]


def _by(strategy: Strategy, found: list[Rejected]) -> str:
    return next((rejected.answer for rejected in found if rejected.strategy is strategy), "")


def test_each_strategy_has_one_turn() -> None:
    """A fact gets at most one answer of each kind."""
    found = _all(NUMBER, [PLAIN, SIBLING])
    assert sorted(rejected.strategy for rejected in found) == sorted(Strategy)


def test_a_wrong_number_is_not_told_in_the_section() -> None:
    """The changed value is supported nowhere."""
    wrong = _by(Strategy.WRONG, _all(NUMBER))
    assert wrong.startswith("A layer is sealed once it reaches ")
    assert "384" not in wrong


def test_a_sibling_takes_the_place_of_the_value() -> None:
    """What stands beside the value is what it is confused with."""
    assert _by(Strategy.WRONG, _all(SIBLING)) == "`codec` is set to `tarrow`."


def test_an_order_is_reversed_where_there_is_no_number() -> None:
    """One word changes, the rest stays."""
    assert _by(Strategy.WRONG, _all(PLAIN)) == "Reads go through a small index after the disk."


def test_an_unspecific_answer_lacks_the_value() -> None:
    """The number is gone, the sentence is left."""
    answer = _by(Strategy.UNSPECIFIC, _all(NUMBER))
    assert answer
    assert "384" not in answer


def test_a_vague_answer_holds_none_of_the_keys() -> None:
    """It speaks of the subject without answering."""
    answer = _by(Strategy.VAGUE, _all(NUMBER, [PLAIN]))
    assert answer
    assert "384" not in answer


def test_no_answer_is_used_twice_in_a_section() -> None:
    """Two facts never share a rejected answer."""
    rejections = Rejections("en", SUPPORT, [NUMBER, PLAIN, SIBLING])
    facts = [rejections.for_fact(draft, seed) for draft, seed in ((NUMBER, "aaaa"), (PLAIN, "bbbb"), (SIBLING, "cccc"))]
    answers = [found.answer for fact in facts for found in (fact.next() for _ in range(3)) if found]
    assert len(answers) == len(set(answers))


def test_a_right_answer_is_never_rejected() -> None:
    """No statement of the section stands on the other side word for word."""
    statements = {NUMBER.statement, PLAIN.statement, SIBLING.statement}
    found = [
        rejected.answer for draft in (NUMBER, PLAIN, SIBLING) for rejected in _all(draft, [NUMBER, PLAIN, SIBLING])
    ]
    assert not statements & set(found)
