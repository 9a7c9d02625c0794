"""Rejected answers: plausible, worse, and never true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.curate.draft import Draft
from curatord.curate.pair import Rejected, Strategy
from curatord.curate.rejected import MAX_LENGTH_RATIO, Rejections
from curatord.curate.text import hard_tokens
from curatord.memory.document import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = Lines(1, 1)
PLACE = {"topic": "Siltbox", "part": "", "in_topic": "in Siltbox", "where": "in Siltbox"}


def _draft(statement: str, asked: str = "", *, value: str = "", siblings: tuple[str, ...] = ()) -> Draft:
    slots = PLACE | ({"np": asked} if asked else {})
    keys = (value,) if value else hard_tokens(statement)
    return Draft("clause", statement, slots, LINES, keys, siblings, value)


NUMBER = _draft("A layer is sealed once it reaches 384 MiB.", "a layer", value="384")
SIBLING = _draft("`codec` is set to `plim`.", "`codec`", value="plim", siblings=("tarrow",))
PLAIN = _draft("Reads go through a small index before the disk.", "reads")
DATED = _draft("Siltbox is dated 2041-03-05.", "the date", value="2041-03-05")
REASON = _draft("Dredging runs at night on the oldest nodes, because the disks are idle.", "dredging")
WHOLE = _draft("Dredging merges old layers into bigger ones.")
SUPPORT = "A layer is sealed once it reaches 384 MiB. `codec` is plim or tarrow. Another thing takes 576 seconds."


def _all(draft: Draft, others: Sequence[Draft] = (), support: str = SUPPORT, seed: str = "0123") -> list[Rejected]:
    drafts = [draft, *others]
    text = "\n".join((support, *(each.statement for each in drafts)))
    fact = Rejections("en", text, drafts).for_fact(draft, seed)
    return [found for found in (fact.next() for _ in range(3)) if found]


def _by(strategy: Strategy, found: list[Rejected]) -> str:
    return next((rejected.answer for rejected in found if rejected.strategy is strategy), "")


def test_each_strategy_has_one_turn() -> None:
    """A fact gets at most one answer of each kind."""
    found = _all(NUMBER, [PLAIN, SIBLING])
    assert sorted(rejected.strategy for rejected in found) == ["unspecific", "vague", "wrong"]


def test_a_strategy_that_finds_nothing_gives_its_turn_away() -> None:
    """A fact alone in its section still gets what the other strategies find."""
    assert {rejected.strategy for rejected in _all(NUMBER)} == {Strategy.WRONG, Strategy.UNSPECIFIC}


def test_a_wrong_number_is_not_told_in_the_section() -> None:
    """The changed value is supported nowhere."""
    wrong = _by(Strategy.WRONG, _all(NUMBER))
    assert wrong.startswith("A layer is sealed once it reaches ")
    assert "384" not in wrong


def test_a_number_told_of_the_same_thing_is_not_taken() -> None:
    """Another value that the section gives for the same matter would be true."""
    support = "A layer is sealed once it reaches 512 MiB in the big store."
    assert all("512" not in rejected.answer for rejected in _all(NUMBER, support=support))


def test_a_number_with_the_same_unit_is_what_one_remembers() -> None:
    """What the section says of another thing in the same unit is confused first."""
    assert "64 MiB" in _by(Strategy.WRONG, _all(NUMBER, support="The write buffer has 64 MiB.", seed="0"))


def test_a_sibling_takes_the_place_of_the_value() -> None:
    """What stands beside the value is what it is confused with."""
    assert _by(Strategy.WRONG, _all(SIBLING)) == "`codec` is set to `tarrow`."


def test_an_order_is_reversed_where_there_is_no_number() -> None:
    """One word changes, the rest stays."""
    assert _by(Strategy.WRONG, _all(PLAIN)) == "Reads go through a small index after the disk."


def test_the_words_for_the_place_are_never_changed() -> None:
    """A number in the title is no value of the fact."""
    place = PLACE | {"topic": "OpenMetrics 1.0", "part": ""}
    draft = Draft("metadata", "In OpenMetrics 1.0, the limit is 20.", place | {"name": "the limit"}, LINES, ("20",))
    assert all("OpenMetrics 1.0" in rejected.answer for rejected in _all(draft))


def test_an_unspecific_answer_has_a_rounder_number() -> None:
    """The exact number is gone, its size is left."""
    assert _by(Strategy.UNSPECIFIC, _all(NUMBER)).endswith("400 MiB.")


def test_an_unspecific_date_is_its_month() -> None:
    """A day is told to the month."""
    assert _by(Strategy.UNSPECIFIC, _all(DATED)) == "Siltbox is dated March 2041."


def test_an_unspecific_answer_leaves_the_reason_out() -> None:
    """A clause of its own is cut off."""
    assert _by(Strategy.UNSPECIFIC, _all(REASON)) == "Dredging runs at night on the oldest nodes."


def test_a_vague_answer_holds_none_of_the_keys() -> None:
    """It speaks of something near without answering."""
    answer = _by(Strategy.VAGUE, _all(NUMBER, [PLAIN]))
    assert answer
    assert "384" not in answer


def test_a_vague_answer_is_made_of_the_sections_words() -> None:
    """No set phrase gives it away."""
    assert _by(Strategy.VAGUE, _all(NUMBER, [PLAIN])) == PLAIN.statement


def test_a_true_statement_is_no_wrong_answer_to_a_question_for_a_whole_section() -> None:
    """Whoever asks what a section says is rightly told any of its statements."""
    answers = {rejected.answer for rejected in _all(WHOLE, [PLAIN, REASON])}
    assert not answers & {PLAIN.statement, REASON.statement}


def test_what_a_line_says_is_not_rejected_for_its_values() -> None:
    """A neighbour's value comes with another value or not at all."""
    for rejected in _all(PLAIN, [NUMBER, SIBLING, DATED]):
        assert "384" not in rejected.answer


def test_no_answer_is_used_twice_in_a_section() -> None:
    """Two facts never share a rejected answer."""
    drafts = [NUMBER, PLAIN, SIBLING, DATED, REASON]
    rejections = Rejections("en", SUPPORT, drafts)
    facts = [rejections.for_fact(draft, str(at)) for at, draft in enumerate(drafts)]
    answers = [found.answer for fact in facts for found in (fact.next() for _ in range(3)) if found]
    assert len(answers) > len(drafts)
    assert len(answers) == len(set(answers))


def test_a_french_answer_is_reversed_in_french() -> None:
    """Each language has its own opposites."""
    draft = _draft("Le cache est vidé avant chaque copie.", "le cache")
    fact = Rejections("fr", draft.statement, [draft]).for_fact(draft, "0")
    found = [rejected.answer for rejected in (fact.next(), fact.next()) if rejected]
    assert "Le cache est vidé après chaque copie." in found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 4), st.text(alphabet="0123456789abcdef", min_size=1, max_size=8))
def test_a_rejected_answer_is_never_the_chosen_one_nor_much_longer(first: int, seed: str) -> None:
    """Whatever the fact and the seed, length does not tell the two apart."""
    drafts = [NUMBER, PLAIN, SIBLING, DATED, REASON]
    draft = drafts[first]
    size = len(draft.statement.split())
    for rejected in _all(draft, [other for other in drafts if other is not draft], seed=seed):
        length = len(rejected.answer.split())
        assert rejected.answer != draft.statement
        assert size / MAX_LENGTH_RATIO <= length <= size * MAX_LENGTH_RATIO + 4


@settings(deadline=None, max_examples=40)
@given(st.text(alphabet="0123456789abcdef", min_size=1, max_size=8))
def test_the_same_seed_gives_the_same_answers(seed: str) -> None:
    """Nothing but the content decides."""
    assert _all(NUMBER, [PLAIN, DATED], seed=seed) == _all(NUMBER, [PLAIN, DATED], seed=seed)
