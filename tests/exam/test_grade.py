"""Replies are graded by the keys of their fact, and by their words where there are no keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.config import Memory, Root, Settings
from curatord.daemon.build import build
from curatord.exam.grade import Grade, grade
from curatord.exam.terms import denied, stands
from curatord.memory.document import Kind
from curatord.paths import StateDirectory
from curatord.resources import resource
from curatord.store.database import Store

if TYPE_CHECKING:
    from pathlib import Path

LEAST_REJECTED_WRONG = 0.9
PORT = "The value of `port` is 8070."
PORTS = ("6", "24", "`UTC`", "8080")
ASKED = "For `port`, tell me the value."


class Asked(NamedTuple):
    """A pair of the store with the keys and siblings of its fact."""

    keys: list[str]
    siblings: list[str]
    question: str
    answer: str
    rejected: str | None


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    """Every pair that the sample memory gives."""
    place: Path = tmp_path_factory.mktemp("sample")
    memory = resource("etc/sample-memory")
    roots = tuple(Root(path=memory / name, kind=Kind(kind)) for name, kind in (("knowledge",) * 2, ("episodes",) * 2))
    state = StateDirectory(place / "state")
    build(place / "curatord.toml", Settings(memory=Memory(roots=roots)), state)
    store = Store.open(state.store)
    rows = store.connection.execute(
        "SELECT f.keys, f.siblings, p.question, p.answer, p.rejected"
        " FROM pairs p JOIN facts f ON f.id = p.fact WHERE p.kept"
    ).fetchall()
    store.close()
    return [Asked(json.loads(row[0]), json.loads(row[1]), *row[2:]) for row in rows]


def test_every_answer_of_the_sample_memory_is_right(sample: list[Asked]) -> None:
    """What the notes themselves say passes, whatever its keys."""
    wrong = [one for one in sample if not grade(one.answer, one.keys, one.answer, one.siblings, one.question).right]
    assert len(sample) > 1000
    assert wrong == []


def test_nearly_every_rejected_answer_of_the_sample_memory_is_wrong(sample: list[Asked]) -> None:
    """They differ from right ones in a word; those that only leave a clause out may pass."""
    rejected = [one for one in sample if one.rejected is not None]
    wrong = [
        one for one in rejected if not grade(one.rejected or "", one.keys, one.answer, one.siblings, one.question).right
    ]
    assert len(rejected) > 300
    assert len(wrong) / len(rejected) >= LEAST_REJECTED_WRONG


@pytest.mark.parametrize("text", ["120", "1.12", "12.5", "12,5", "-12", "v12", "12th", "2041-12-31", "0:12", "012"])
def test_a_number_does_not_stand_in_another_one(text: str) -> None:
    """12 is to be found as a number of its own."""
    assert not stands("12", f"It is {text} here.")


@pytest.mark.parametrize(
    "text", ["12", "12.", "(12)", "12 km", "12km", "12 %", "10-12", "twelve", "12 May 2041", "№ 12"]
)
def test_a_number_stands_as_a_whole(text: str) -> None:
    """Signs around it, a unit behind it, and words for it leave it the same number."""
    assert stands("12", f"It is {text}")


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("paper envelope", "Paper envelopes, mostly."),
        ("envelopes", "one envelope"),
        ("`seedshelf undo`", "use seedshelf  undo!"),
        ("2041-03-04", "on 4 March 2041"),
        ("March", "on 2041-03-04"),
        ("乾燥", "種子は乾燥させる"),
        ("C#", "It is written in C#."),
    ],
)
def test_a_term_stands_in_any_of_its_forms(term: str, text: str) -> None:
    """Number, markup, dates, and scripts without spaces make no difference."""
    assert stands(term, text)


@pytest.mark.parametrize(("term", "text"), [("oak", "soak"), ("read", "ready"), ("go", "going"), ("", "anything")])
def test_a_term_does_not_stand_within_a_word(term: str, text: str) -> None:
    """Only whole words count."""
    assert not stands(term, text)


@pytest.mark.parametrize(
    "text",
    ["It is not red.", "It isn't red", "never painted red", "blue instead of red", "n'est pas red", "no longer red"],
)
def test_a_term_is_denied_by_what_stands_before_it(text: str) -> None:
    """Negation reaches over a few words of its clause."""
    assert denied("red", text)


@pytest.mark.parametrize(
    "text", ["It is red.", "not blue but red", "No, it is red", "not only red", "It is not red. It was red.", "none"]
)
def test_a_term_is_not_denied_elsewhere(text: str) -> None:
    """Another clause, a word that ends the reach, or one affirmation among denials."""
    assert not denied("red", text)


@pytest.mark.parametrize("reply", ["8070", "It is 8070.", "Port 8070, I think.", "`8,070`"])
def test_a_reply_with_the_key_is_right(reply: str) -> None:
    """The wording is free."""
    assert grade(reply, ["8070"], PORT, PORTS, ASKED) == Grade(True, (), None, decided=True)


@pytest.mark.parametrize("reply", ["", "I do not know.", "It is 80.", "The value of `port` is 80701.", "…"])
def test_a_reply_without_the_key_is_wrong(reply: str) -> None:
    """The key is told to be missing."""
    assert grade(reply, ["8070"], PORT, PORTS, ASKED) == Grade(False, ("8070",), None, decided=True)


@pytest.mark.parametrize("reply", ["8070 or 8080", "8070, and the time zone is UTC", "It was 24, now 8070"])
def test_a_reply_that_names_a_siblings_value_as_well_is_wrong(reply: str) -> None:
    """Who lists everything knows nothing."""
    told = grade(reply, ["8070"], PORT, PORTS, ASKED)
    assert (told.right, told.missing) == (False, ())
    assert told.contradicted in PORTS


@pytest.mark.parametrize("reply", ["8070, not 8080", "8070 instead of 8080"])
def test_a_siblings_value_that_is_denied_contradicts_nothing(reply: str) -> None:
    """It is told apart, as it should be."""
    assert grade(reply, ["8070"], PORT, PORTS, ASKED).right


def test_a_siblings_value_that_the_question_names_contradicts_nothing() -> None:
    """It is in everybody's mouth."""
    assert grade("8070, where others have 8080", ["8070"], PORT, PORTS, "What is it instead of 8080?").right


def test_a_denied_key_is_no_right_answer() -> None:
    """The reply says what the value is not."""
    assert grade("The port is not 8070.", ["8070"], PORT, PORTS, ASKED).contradicted == "not 8070"


def test_an_affirmed_key_is_wrong_where_the_answer_denies_it() -> None:
    """The other way about, unless the reply says no in another way."""
    answer = "Labels are not printed by `seedshelf add`."
    assert not grade("They are printed by `seedshelf add`.", ["seedshelf add"], answer).right
    assert grade("Avoid `seedshelf add` for them.", ["seedshelf add"], answer).right


def test_a_key_that_the_question_gives_away_is_no_evidence() -> None:
    """Repeating the question shows nothing; the other key does."""
    answer, question = "Shelf 5 holds 8 boxes.", "How many boxes does shelf 5 hold?"
    assert not grade("Shelf 5 holds boxes.", ["5", "8"], answer, (), question).right
    assert grade("Eight.", ["5", "8"], answer, (), question).right


def test_without_evidence_the_words_decide_weakly() -> None:
    """At least 60 % of the answer's own content words must come back."""
    answer, question = "A jar with a rubber ring lets damp air in after a year.", "What happens to a jar after a year?"
    assert grade("The rubber ring lets damp air in.", [], answer, (), question) == Grade(True, (), None, decided=False)
    assert grade("The jar breaks.", ["jar"], answer, (), question) == Grade(False, (), None, decided=False)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("The batch may be lent to members.", "The batch may not be lent to members."),
        ("The batch must not be lent to members.", "The batch must be lent to members."),
        ("Labels are printed before the packets are filled.", "Labels are printed after the packets are filled."),
        ("Nine volunteers were enough.", "Four volunteers were enough."),
    ],
)
def test_what_is_turned_round_is_wrong_even_where_words_decide(answer: str, reply: str) -> None:
    """A negation, an opposite, another figure."""
    told = grade(reply, [], answer)
    assert not told.right
    assert told.contradicted


def test_two_things_exchanged_are_wrong() -> None:
    """All keys stand, beside the wrong things."""
    answer = "Graphite takes write requests, whereas GreptimeDB takes read requests."
    sibling = "Graphite takes read requests, whereas GreptimeDB takes write requests"
    asked = "How do Graphite and GreptimeDB differ?"
    assert grade("Graphite: write. GreptimeDB: read.", ["write", "read"], answer, [sibling], asked).right
    assert grade("GreptimeDB takes read, Graphite takes write.", ["write", "read"], answer, [sibling], asked).right
    assert (
        grade("Graphite takes read, GreptimeDB write.", ["write", "read"], answer, [sibling], asked).contradicted
        == sibling
    )


def test_the_things_that_a_key_lists_may_come_in_any_order() -> None:
    """Tags are a set."""
    answer = "The tags are catalogue, configuration."
    assert grade("configuration and catalogue", ["catalogue, configuration"], answer).right
    assert not grade("configuration", ["catalogue, configuration"], answer).right


def test_a_phrase_may_be_put_otherwise_and_is_then_left_to_a_judge() -> None:
    """Three quarters of its words, and all its figures."""
    key = "packets of 50 seeds for each member"
    answer = f"The limit is {key}."
    assert grade("Each member: packets of 50 seeds", [key], answer) == Grade(True, (), None, decided=False)
    assert grade("Each member: packets of 60 seeds", [key], answer).missing == (key,)


def test_a_key_within_a_longer_word_is_looked_for_as_the_answer_has_it() -> None:
    """Curation took 00 out of a time."""
    answer = "Use `--since 2025-03-30T01:00Z`."
    assert grade("--since 2025-03-30T01:00Z", ["2025-03-30", "00"], answer).right
    assert grade("--since 2025-03-30T01:30Z", ["2025-03-30", "00"], answer).missing == ("00",)


@settings(deadline=None, max_examples=200)
@given(
    st.text(min_size=1), st.lists(st.text(max_size=8), max_size=4), st.lists(st.text(max_size=8), max_size=3), st.text()
)
def test_the_answer_itself_is_right(answer: str, keys: list[str], siblings: list[str], question: str) -> None:
    """Whatever keys, siblings and question it comes with, if it says anything."""
    told = grade(answer, keys, answer, siblings, question)
    assert told.right or not grade(answer, [], answer).right
