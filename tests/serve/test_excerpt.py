"""What a reply has no room for is what does not answer the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.exam.meaning_model import MeaningModel
from curatord.serve.excerpt import LEAST_ROOM, LEFT_OUT, MOST_TOKENS, Words, excerpt, excerpts
from curatord.serve.recall import Recalled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.exam.meaning import Meaning

PASSAGE = (
    "The north pump was put in by Dana Voss in spring. It draws on the lower basin; its throughput is 40 litres a"
    " minute, as long as the sieve is clean. Nobody may run it after ten in the evening, because the neighbours"
    " complained."
)
ASKED = {
    "Who installed the pump?": "Dana Voss",
    "How much water does it move?": "40 litres a minute",
    "Why must it be off at night?": "the neighbours complained",
}
TEXTS = st.text(alphabet="ab .,;\n")


def count(text: str) -> int:
    """Stand in for a tokenizer that has every word whole."""
    return len(text.split())


def stretches(text: str, most: int) -> list[str]:
    """Return what is to be chosen from."""
    words = Words(text, most, count)
    return [words.text(*span) for span in words.spans()]


class Unread:
    """A reader that must not be needed."""

    name = "unread"

    def meanings(self, texts: Sequence[str]) -> list[Meaning]:
        """Fail."""
        raise AssertionError(texts)


class Speaker:
    """Stands in for a model: says the same text to everything, as much of it as it may."""

    def __init__(self, says: str, max_tokens: int) -> None:
        self.max_tokens = max_tokens
        self.asked: list[str] = []
        self._says = says.split(" ")

    count = staticmethod(count)

    def replies(self, questions: Sequence[str], system: str | None = None, max_tokens: int | None = None) -> list[str]:
        """Return the text."""
        assert system is None
        self.asked += questions
        return [" ".join(self._says[: max_tokens or self.max_tokens]) for _ in questions]


def told(speaker: Speaker, model: MeaningModel, question: str) -> str:
    """Return what is passed on of what a speaker says."""
    (reply,) = speaker.replies(["pump"])
    (said,) = excerpts(speaker, model, [question], [Recalled("pump", reply)])
    assert said.asked == "pump"
    return said.reply


@pytest.fixture(scope="module")
def model() -> MeaningModel:
    """The model as users have it."""
    return MeaningModel.load()


@pytest.mark.parametrize("question", ASKED)
def test_the_part_is_kept_that_answers_the_question(model: MeaningModel, question: str) -> None:
    """Wherever it stands in the passage."""
    assert ASKED[question] in excerpt(PASSAGE, question, 16, count, model)


@pytest.mark.parametrize("question", ASKED)
def test_a_reply_that_was_cut_is_said_to_its_end_first(model: MeaningModel, question: str) -> None:
    """The answer stood behind the cut."""
    speaker = Speaker(PASSAGE, 16)
    reply = told(speaker, model, question)
    assert ASKED[question] in reply
    assert count(reply) <= 16
    assert speaker.asked == ["pump", "pump"]


def test_a_reply_that_has_ended_is_not_said_again(model: MeaningModel) -> None:
    """Once is enough."""
    speaker = Speaker("It is 40 litres a minute, no more.", 40)
    assert told(speaker, model, "How much?") == "It is 40 litres a minute, no more."
    assert speaker.asked == ["pump"]


def test_what_several_questions_mean_is_said_to_its_end_once(model: MeaningModel) -> None:
    """The part of it is another for each of them."""
    speaker = Speaker(PASSAGE, 16)
    cut = Recalled("pump", " ".join(PASSAGE.split()[:16]))
    said = excerpts(speaker, model, list(ASKED), [cut] * len(ASKED))
    assert all(key in one.reply for key, one in zip(ASKED.values(), said, strict=True))
    assert speaker.asked == ["pump"]


def test_the_end_of_a_reply_that_never_ends_is_marked(model: MeaningModel) -> None:
    """A small model may go on and on."""
    assert told(Speaker("so on " * (40 + MOST_TOKENS), 40), model, "How much?").endswith(LEFT_OUT)


def test_a_reply_without_room_for_a_part_stays_as_it_was_cut(model: MeaningModel) -> None:
    """A few words and two marks would say nothing."""
    speaker = Speaker(PASSAGE, LEAST_ROOM - 1)
    assert told(speaker, model, "How much?") == "The north pump was put in by"
    assert speaker.asked == ["pump"]


def test_what_has_room_is_left_as_it_is() -> None:
    """Nothing is compared for it."""
    assert excerpt(PASSAGE, "Why?", count(PASSAGE), count, Unread()) == PASSAGE


def test_where_no_word_has_room_there_is_no_part(model: MeaningModel) -> None:
    """Who asks keeps the reply as it was cut."""
    assert excerpt(PASSAGE, "Why?", 1, count, model) == ""


def test_what_is_left_out_is_marked() -> None:
    """Before the part, behind it, or on both sides."""
    parts = stretches("One is here. Two is here. Three is here.", 5)
    assert parts == ["One is here. ...", "... Two is here. ...", "... Three is here."]


def test_lines_are_pieces_too() -> None:
    """As in code and lists."""
    assert stretches("a b\nc d\ne f\n", 5) == ["a b\nc d ...", "... c d\ne f"]


def test_a_piece_without_room_is_taken_as_its_words() -> None:
    """A line of code may be long."""
    assert stretches("one two three four", 3) == ["one two ...", "... three four"]


def test_room_that_is_left_is_filled_with_what_follows() -> None:
    """Though it be no whole clause."""
    words = Words("One is here. Two is over there. Three.", 7, count)
    assert words.widened(*next(words.spans())) == "One is here. Two is over ..."


def test_a_point_inside_a_number_or_a_name_ends_nothing() -> None:
    """Only one with a space or an end behind it."""
    assert stretches("It is 3.5 s for silt.log, then more of it.", 7)[0] == "It is 3.5 s for silt.log, ..."


@given(TEXTS, st.integers(3, 12))
def test_no_stretch_takes_more_than_its_room(text: str, most: int) -> None:
    """For any text, widened or not."""
    words = Words(text, most, count)
    for span in words.spans():
        assert count(words.text(*span)) <= count(words.widened(*span)) <= most


@given(TEXTS, st.integers(3, 12))
def test_every_word_stands_in_some_stretch(text: str, most: int) -> None:
    """Nothing is out of reach."""
    found = {word for part in stretches(text, most) for word in part.split()}
    assert set(text.split()) <= found
