"""Replay rows: the bundled prompts, and the base model's own answers to them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

import mlx.core as mx
import mlx_lm
import pytest

from curatord.train import base_model, replay
from curatord.train.replay import prompts, replay_rows, whole_sentences
from tests.train.models import HERE, run

if TYPE_CHECKING:
    from curatord.train.base_model import BaseModel
    from curatord.train.snapshot import ReplayRow

GENERAL = Path(__file__).parents[3] / "shared" / "uptake" / "general.jsonl"
UNLOADED = (None, None)  # in place of a model: whoever uses it fails


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of models in which answers gather."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def base(tiny_directory: Path, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> BaseModel:
    """A tiny base model that talks: with an output layer of its own it does not say the same word for ever.

    One token in eight ends an answer.
    """
    directory = tmp_path_factory.mktemp("talker") / "model"
    shutil.copytree(tiny_directory, directory)
    weights = cast("dict[str, mx.array]", mx.load(str(directory / "model.safetensors")))
    vocabulary, width = weights["model.embed_tokens.weight"].shape
    mx.random.seed(1)
    weights["lm_head.weight"] = mx.random.normal((vocabulary, width))
    mx.save_safetensors(str(directory / "model.safetensors"), weights, metadata={"format": "mlx"})
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    ends = {"eos_token_id": list(range(0, vocabulary, 8))}
    (directory / "generation_config.json").write_text(json.dumps(ends))
    return base_model.resolve(str(directory), cache)


@pytest.fixture(scope="module")
def rows(base: BaseModel, cache: Path) -> list[ReplayRow]:
    """Its first five rows, which are in the cache now."""
    return replay_rows(base, cache, 5)


def test_there_are_many_prompts_and_none_twice() -> None:
    """At least 240."""
    assert len(prompts()) == len(set(prompts())) >= 240


def test_the_first_prompts_are_of_all_subjects() -> None:
    """A small data set is given a varied few."""
    first = prompts()[:17]

    assert "What is 7 + 5?" in first
    assert "Bonjour, comment ça va ?" in first
    assert "Write a Python function that adds two numbers." in first


def test_no_prompt_is_a_question_of_the_general_exam() -> None:
    """What guards against forgetting must not have been practised."""
    if not GENERAL.exists():
        pytest.skip(f"{GENERAL} is not there")
    asked = {json.loads(line)["question"].casefold() for line in GENERAL.read_text().splitlines()}

    assert asked.isdisjoint(prompt.casefold() for prompt in prompts())


def test_answers_in_a_batch_are_those_given_singly(base: BaseModel) -> None:
    """Prompts of unlike lengths do not disturb each other; greedy, at most 48 tokens."""
    model, tokenizer = base_model.load(base)
    batch = prompts()[:5]

    answers = replay.answer(model, tokenizer, batch)

    for prompt, (text, tokens) in zip(batch, answers, strict=True):
        chat = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True)
        assert text == mlx_lm.generate(model, tokenizer, chat, max_tokens=48)
        assert tokens <= 48
    assert len(set(answers)) > 1


def test_rows_are_computed_once(base: BaseModel, cache: Path, rows: list[ReplayRow]) -> None:
    """The second time no model is needed."""
    assert len(rows) == 5
    assert replay_rows(base, cache, 5, loaded=UNLOADED) == rows


def test_fewer_rows_are_the_first_of_many(base: BaseModel, cache: Path, rows: list[ReplayRow]) -> None:
    """However many were asked for before."""
    assert replay_rows(base, cache, 1, loaded=UNLOADED) == rows[:1]


def test_another_base_answers_anew(base: BaseModel, cache: Path, rows: list[ReplayRow]) -> None:
    """Answers belong to the hash of the base."""
    assert rows
    other = base_model.BaseModel(base.name, base.path, "0" * 64, base.source)

    with pytest.raises(AttributeError, match="NoneType"):
        replay_rows(other, cache, 1, loaded=UNLOADED)


def test_a_damaged_file_of_answers_is_written_anew(
    base: BaseModel, cache: Path, tmp_path: Path, rows: list[ReplayRow]
) -> None:
    """With the same answers as before."""
    shutil.copytree(cache / "replay", tmp_path / "replay")
    (file,) = (tmp_path / "replay").glob("*.jsonl")
    file.write_text('{"question": "ha')

    assert replay_rows(base, tmp_path, 5) == rows


def test_no_rows_need_no_model(base: BaseModel, tmp_path: Path) -> None:
    """A share of zero costs nothing."""
    assert replay_rows(base, tmp_path, 0, loaded=UNLOADED) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_built_in_model_gives_sensible_rows(models: Path) -> None:
    """Whole sentences, from a prompt of each subject; in a process of its own, started as training is."""
    rows = json.loads(run(HERE / "print_replay_rows.py", str(models), "20"))

    assert len(rows) == 20
    assert all(row["answer"] for row in rows)
    assert "Thames" in next(row["answer"] for row in rows if row["question"] == "Which river flows through London?")


@pytest.mark.parametrize(
    ("cut_off", "kept"),
    [
        ("One. Two and", "One."),
        ("Is it? Yes! And then", "Is it? Yes!"),
        ("1. Red: warm.\n2. Blue", "1. Red: warm."),
        ("Steps:\n1. Stir it\n2", "Steps:\n1. Stir it"),
        ("It is 3.5 metres", ""),
        ("It ends here.", "It ends here."),
        ("", ""),
    ],
)
def test_an_answer_cut_off_is_kept_up_to_its_last_sentence(cut_off: str, kept: str) -> None:
    """To learn half a sentence and its end would be to learn to break off."""
    assert whole_sentences(cut_off) == kept
