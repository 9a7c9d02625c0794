"""A snapshot as token rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.config import Training
from curatord.curate.pair import Split
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.train.dataset import encode, taught
from curatord.train.draw import draw
from tests.store.samples import document, pair, section
from tests.train.tiny import load_tiny

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = "The length of the Gull is 7 m."
RESERVED = "How long is the Gull?"
SETTINGS = Training.model_validate({"sft": {"ways": 40, "fact_tokens": 10_000}, "replay": {"share": 0.0}})


def asks(directory: Path, tiny_directory: Path, question: str, *reserved: str) -> bool:
    """Tell whether training asks a question, where some are kept for the exam."""
    exam = [pair(kept, ANSWER, split=Split.TEST) for kept in reserved]
    directory.mkdir()
    store = Store.open(directory / "store.db")
    with batch(store, 32) as changes:
        changes.put(document("boats.md", section(pair("What is noted as the length of the Gull?", ANSWER), *exam)))
    store.close()
    snapshot = draw(directory / "store.db", directory / "snapshot", valid_share=0.0, seed=0)
    encoder = load_tiny(tiny_directory).encoder
    prompt = encoder.prompt(question)
    rows = encode(snapshot, encoder, SETTINGS, seed=0).sft_train
    return any(row.tokens[: row.answer] == prompt for row in rows)


def test_what_the_exam_asks_is_not_trained_on_where_chance_hits_upon_it(tmp_path: Path, tiny_directory: Path) -> None:
    """Asked for in forty ways, a length is also asked for so; unless the exam keeps that question to itself."""
    assert asks(tmp_path / "without", tiny_directory, RESERVED)
    assert not asks(tmp_path / "with", tiny_directory, RESERVED, RESERVED)


def test_what_was_taught_is_what_training_asks(tmp_path: Path, tiny_directory: Path) -> None:
    """Every fact with its questions, in their order; none of the exam."""
    store = Store.open(tmp_path / "store.db")
    pairs = [pair("What is noted as the length of the Gull?", ANSWER), pair(RESERVED, ANSWER, split=Split.TEST)]
    with batch(store, 32) as changes:
        changes.put(document("boats.md", section(*pairs)))
    store.close()
    snapshot = draw(tmp_path / "store.db", tmp_path / "snapshot", valid_share=0.0, seed=0)
    encoder = load_tiny(tiny_directory).encoder
    (fact,) = taught(snapshot, encoder, SETTINGS.sft, seed=0)
    trained = [row.tokens[: row.answer] for row in encode(snapshot, encoder, SETTINGS, seed=0).sft_train]
    assert fact.statement == ANSWER
    assert [encoder.prompt(question) for question in fact.questions] == trained
    assert RESERVED not in fact.questions
