"""What is said and nothing else asks for is asked for as a point of its section."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from curatord.curate.pair import Split

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.curate.draft import Draft
    from curatord.curate.pair import Curated

    Run: TypeAlias = Callable[[str, str], list[Draft]]

HEAD = "---\ntitle: Siltbox\n---\n# Siltbox\n\n"


def test_every_sentence_is_a_passage(drafts: Run) -> None:
    """Also one that no other extractor understands."""
    found = drafts("passage", HEAD + "Two keystone holders must both be present. Half of the fleet still waits.")
    assert [draft.statement for draft in found] == [
        "Two keystone holders must both be present.",
        "Half of the fleet still waits.",
    ]


def test_a_sentence_that_leans_on_nothing_is_told_with_its_place(drafts: Run) -> None:
    """Alone it would say nothing of its subject."""
    (found,) = drafts("passage", HEAD + "It crashed on the longest name and came back.")
    assert "Siltbox" in found.statement
    assert "crashed on the longest name" in found.statement


def test_a_sentence_of_everyday_words_is_no_passage(drafts: Run) -> None:
    """There is nothing to ask for it with."""
    assert drafts("passage", HEAD + "So it is what it was.") == []


def test_what_another_extractor_understands_is_no_passage(curated: Callable[[str], list[Curated]]) -> None:
    """It asks for something that is said, not for a point."""
    facts = [fact for told in curated(HEAD + "Backups are kept for 30 days.") for fact in told.facts]
    (fact,) = [one for one in facts if one.statement == "Backups are kept for 30 days."]
    assert fact.extractor != "passage"


def test_passages_take_no_room_from_other_facts(curated: Callable[[str], list[Curated]]) -> None:
    """Each sentence of a long section is asked for, whatever else there is to say."""
    things = "barrel anchor lantern mast rudder compass ladder winch pulley shovel cable bucket".split()  # noqa: SIM905
    doing = "leans hangs rests stands lies sits waits rusts shines creaks swings dries".split()  # noqa: SIM905
    where = "shed quay attic yard cellar gate porch barn tower hall loft kitchen".split()  # noqa: SIM905
    sentences = [
        f"The old {thing} {verb} near our {place}." for thing, verb, place in zip(things, doing, where, strict=True)
    ]
    told = curated(HEAD + " ".join(sentences))
    asked = {pair.fact for one in told for pair in one.pairs if pair.split is Split.TRAIN}
    for sentence in sentences:
        assert any(sentence in fact.statement and fact.id in asked for one in told for fact in one.facts), sentence


def test_a_long_sentence_before_is_not_told_again(drafts: Run) -> None:
    """The answer would come to its point too late; its place tells what it is about."""
    long = (
        "The shim library was written in one night by two tired people who had both been awake since the flood began."
    )
    _, found = drafts("passage", HEAD + long + " It crashed on the longest name and came back.")
    assert "two tired people" not in found.statement
    assert "Siltbox" in found.statement


def test_a_passage_has_two_questions_and_none_for_the_exam(curated: Callable[[str], list[Curated]]) -> None:
    """They ask what is said of something; no exam can be held on that."""
    told = curated(
        HEAD + "It crashed on the longest name. Two keystone holders at the gate, day and night, is the rule."
    )
    passages = {fact.id for one in told for fact in one.facts if fact.extractor == "passage"}
    pairs = [pair for one in told for pair in one.pairs if pair.fact in passages]
    assert passages
    assert [pair.split for pair in pairs] == [Split.TRAIN, Split.TRAIN] * len(passages)
