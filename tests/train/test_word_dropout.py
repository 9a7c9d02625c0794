"""Words hidden from questions in training: which may be, and that nothing but training hides any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlx.core as mx
import numpy as np
import pytest

from curatord.train import stages
from curatord.train.examples import examples
from curatord.train.rows import TokenRow
from curatord.train.word_dropout import without_some_words
from tests.train.tiny import load_tiny

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.objective import Objective
    from curatord.train.tensor_file import Arrays
    from tests.train.tiny import Tiny

PREFIX = (7, 8)
ROWS = [TokenRow((*PREFIX, *range(10, 30)), 14), TokenRow((*PREFIX, *range(10, 23)), 9)]  # answers begin at 14 and 9
WIDTH = 24


def _batch(dtype: mx.Dtype = mx.float32, prefix: tuple[int, ...] = ()) -> Arrays:
    arrays = examples(ROWS, WIDTH, prefix).named()
    return arrays | {"states": mx.ones((*arrays["tokens"].shape, 3), dtype)}


def _hidden(arrays: Arrays) -> list[list[int]]:
    """Return the numbers of the tokens of each row that have zeros as states."""
    return [list(np.flatnonzero(~np.array(row).any(axis=-1))) for row in arrays["states"].astype(mx.float32)]


@pytest.mark.parametrize("prefix", [(), PREFIX])
def test_only_words_before_the_end_of_the_question_are_hidden(prefix: tuple[int, ...]) -> None:
    """An answer, the end of the turn and the padding stay, with a shared prefix and without."""
    seen: list[set[int]] = [set(), set()]
    for seed in range(60):
        mx.random.seed(seed)
        for row, hidden in zip(seen, _hidden(without_some_words(_batch(prefix=prefix), 0.5)), strict=True):
            row.update(hidden)
    assert seen == [set(range(14 - 5 - len(prefix))), set(range(9 - 5 - len(prefix)))]


def test_the_share_is_that_of_the_question_tokens() -> None:
    """A fifth of them in the long run; other words each time."""
    mx.random.seed(1)
    hidden = [_hidden(without_some_words(_batch(), 0.2)) for _ in range(300)]
    count = sum(len(row) for rows in hidden for row in rows)
    assert count / (300 * (9 + 4)) == pytest.approx(0.2, abs=0.03)
    assert hidden[0] != hidden[1] or hidden[1] != hidden[2]


def test_states_keep_their_type_and_the_other_arrays_stay() -> None:
    """Half precision does not become single."""
    batch = _batch(mx.bfloat16)
    found = without_some_words(batch, 0.5)
    assert found["states"].dtype == mx.bfloat16
    assert all(found[name] is batch[name] for name in batch if name != "states")


def test_without_frozen_layers_below_nothing_is_hidden() -> None:
    """There are no states to hide a word in."""
    batch = examples(ROWS, WIDTH).named()
    assert without_some_words(batch, 0.5) is batch


def _objective(tiny: Tiny, place: Path) -> Objective:
    data = tiny.data()
    plan = stages.plan_stages(data, tiny.settings, seed=3, shrink=0).sft
    return stages.supervised(plan, data, tiny.settings, 3, tiny.tools(place))


def _losses(tiny: Tiny, place: Path) -> list[float]:
    objective = _objective(tiny, place)
    arrays = objective.work(0, 0).arrays
    assert arrays is not None
    found: list[float] = []
    for seed in (1, 2):
        mx.random.seed(seed)
        found.append(float(np.array(objective.sums(arrays)[1])[0]))
    return found


def test_words_are_hidden_in_training_alone(tiny_directory: Path, tmp_path: Path) -> None:
    """A validation sees whole questions, and so always gives the same."""
    tiny = load_tiny(tiny_directory, sft={"word_dropout": 0.5})
    tiny.model.train()
    first, second = _losses(tiny, tmp_path)
    assert first != second
    tiny.model.eval()
    whole = _losses(tiny, tmp_path)
    assert whole[0] == whole[1] == _losses(load_tiny(tiny_directory, sft={"word_dropout": 0.0}), tmp_path)[0]
