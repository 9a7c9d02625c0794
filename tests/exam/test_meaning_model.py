"""The model that comes with curatord finds what is meant where no word is the same."""

from __future__ import annotations

import numpy as np
import pytest

from curatord.exam.meaning import Meanings
from curatord.exam.meaning_model import MOST_TOKENS, MeaningModel
from curatord.exam.recognition import Recogniser
from curatord.train.model_files import BaseModelError

FACTS = (
    "Pumps: The maintainer of the north pump is Dana Voss.",
    "Pumps: The throughput of the north pump is 40 litres a minute.",
    "Backups: The retention period of nightly snapshots is 21 days.",
    "Backups: A restore must be rehearsed once a quarter, because tapes go bad unnoticed.",
    "Kitchen: The dough rests for ninety minutes before it is shaped.",
)
QUESTIONS = {
    "Who looks after the pump in the north?": 0,
    "How much water gets through it per minute?": 1,
    "How long do we hold on to old copies?": 2,
    "Why do we practise getting data back?": 3,
    "What time is needed until I can form the loaves?": 4,
}


@pytest.fixture(scope="module")
def model() -> MeaningModel:
    """The model as users have it."""
    return MeaningModel.load()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_other_words_finds_its_fact(model: MeaningModel, question: str) -> None:
    """Owners are looked after, and retention is holding on."""
    facts = Meanings.of(model.meanings(FACTS))
    assert facts.likeness(model.meanings([question])).argmax() == QUESTIONS[question]


def test_a_text_means_the_same_whatever_stands_beside_it(model: MeaningModel) -> None:
    """Rows of a batch are filled up to the longest; nothing of that is seen."""
    (alone,) = model.meanings(FACTS[:1])
    together = model.meanings([*FACTS[::-1], " ".join(FACTS)])[len(FACTS) - 1]
    assert together.vectors == pytest.approx(alone.vectors, abs=1e-4)
    assert together.weights == pytest.approx(alone.weights, abs=1e-4)


def test_vectors_have_length_one_and_weights_sum_to_one(model: MeaningModel) -> None:
    """For each token that is looked at, and no more than that."""
    for meaning in model.meanings([*FACTS, "word " * 100]):
        assert np.linalg.norm(meaning.vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
        assert meaning.weights.sum() == pytest.approx(1.0, abs=1e-5)
        assert len(meaning.vectors) == len(meaning.weights) <= MOST_TOKENS + 2


def test_a_text_without_tokens_means_nothing(model: MeaningModel) -> None:
    """Alone or among others."""
    assert [len(meaning.vectors) for meaning in model.meanings(["", "Why?", ""])][::2] == [0, 0]
    assert model.meanings([]) == []


def test_the_recogniser_knows_what_is_meant_by_words_that_no_question_has(model: MeaningModel) -> None:
    """Without the meanings it recognises nothing."""
    taught = [["Who is the maintainer of the north pump?"], ["What is the retention period of snapshots?"]]
    meanings = Meanings.of(model.meanings([FACTS[0], FACTS[2]]))
    asked = "How long are old copies held?"
    assert Recogniser(taught).meant([asked]) == [[]]
    ((meant, *_),) = Recogniser(taught, meanings, model).meant([asked])
    assert list(meant.questions) == taught[1]


def test_the_reply_that_says_a_fact_is_told_from_one_that_nearly_does(model: MeaningModel) -> None:
    """Another number, another name, or the beginning of something else."""
    recogniser = Recogniser([["?"]] * len(FACTS), Meanings.of(model.meanings(FACTS)), model)
    says, name, thing = recogniser.agreement(
        0,
        [
            "The maintainer of the north pump is Dana Voss.",
            "The maintainer of the north pump is Ruta Salkind.",
            "The retention period of nightly snapshots is 21 days.",
        ],
    )
    assert says > name > thing
    right, wrong = recogniser.agreement(
        1, [f"The throughput of the north pump is {n} litres a minute." for n in (40, 14)]
    )
    assert right > wrong


def test_without_the_encoder_it_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to do is said."""
    monkeypatch.setattr("curatord.exam.minilm_files.PACKAGE", "no-such-package-is-installed")
    monkeypatch.setattr("curatord.exam.minilm_files.ALSO_IN", ())
    with pytest.raises(BaseModelError) as found:
        MeaningModel.load()
    assert "pip install" in str(found.value.hint)
