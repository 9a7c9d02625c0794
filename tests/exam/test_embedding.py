"""The embedding: near means alike, and vectors are computed once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.exam.embedding import Model, VectorCache, installed, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TEXTS = ["The gateway listens on port 8085.", "Odalys feeds the cat.", "The mast is 40 metres tall."]


class Counting(Model):
    """Remembers what it was asked to embed."""

    def __init__(self, inner: Model, name: str = "") -> None:
        super().__init__(name or inner.name, inner._table, inner._tokenizer)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed, and remember."""
        self.asked += texts
        return super().embed(texts)


@pytest.fixture(scope="module")
def model() -> Model:
    """The model of the extra."""
    found = installed()
    if found is None:
        pytest.skip("the extra `gaps` is not installed: it has no wheel for this platform")
    return found


def test_what_means_the_same_is_nearer_than_what_does_not(model: Model) -> None:
    """The nearest text is the one that speaks of the question, and a stranger's question is far from all."""
    own, stranger = nearest(
        model.embed(["On which port does the gateway listen?", "Who painted the Mona Lisa?"]), model.embed(TEXTS)
    )
    assert own.known == 0
    assert own.distance < 0.35
    assert stranger.distance > 0.6


def test_the_package_is_not_imported(model: Model) -> None:
    """Its loader would look for its files on the network."""
    program = "import sys; from curatord.exam.embedding import installed; installed(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert model.name.startswith("wordllama ")
    assert not {"wordllama", "requests", "torch"} & set(loaded)


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_vector_has_length_one_and_does_not_depend_on_its_company(model: Model, texts: list[str]) -> None:
    """But for texts without tokens, whose vector is zero."""
    together = model.embed(texts)
    for text, row in zip(texts, together, strict=True):
        assert np.allclose(model.embed([text])[0], row, atol=1e-6)
        assert np.isclose(np.linalg.norm(row), 1 if row.any() else 0, atol=1e-5)


def test_an_empty_text_is_far_from_everything(model: Model) -> None:
    """And warns of nothing."""
    (found,) = nearest(model.embed([""]), model.embed(TEXTS))
    assert found.distance == 1


def test_nothing_is_near_where_nothing_is_known(model: Model) -> None:
    """An empty store."""
    assert nearest(model.embed(["Which port?"]), model.embed([])) == []


def test_only_new_texts_are_computed(model: Model, tmp_path: Path) -> None:
    """The delta, and the same vectors as without the file."""
    counting = Counting(model)
    for texts in (TEXTS[:2], TEXTS, TEXTS):
        with VectorCache(tmp_path / "vectors.db", counting) as cache:
            found = cache.vectors(texts)
    assert counting.asked == TEXTS
    assert np.allclose(found, model.embed(TEXTS), atol=1e-3)


def test_equal_texts_are_computed_once_and_given_twice(model: Model, tmp_path: Path) -> None:
    """Rows belong to texts by place."""
    counting = Counting(model)
    with VectorCache(tmp_path / "vectors.db", counting) as cache:
        found = cache.vectors([TEXTS[0], TEXTS[1], TEXTS[0]])
    assert counting.asked == TEXTS[:2]
    assert (found[0] == found[2]).all()


def test_texts_that_are_gone_are_forgotten(model: Model, tmp_path: Path) -> None:
    """The file does not grow with every edit."""
    counting = Counting(model)
    for texts in (TEXTS, TEXTS[:1], TEXTS):
        with VectorCache(tmp_path / "vectors.db", counting) as cache:
            cache.vectors(texts)
    assert counting.asked == [*TEXTS, *TEXTS[1:]]


def test_another_models_vectors_are_not_taken(model: Model, tmp_path: Path) -> None:
    """They could not be compared."""
    with VectorCache(tmp_path / "vectors.db", model) as cache:
        cache.vectors(TEXTS)
    other = Counting(model, "another")
    with VectorCache(tmp_path / "vectors.db", other) as cache:
        cache.vectors(TEXTS)
    assert other.asked == TEXTS


def test_a_damaged_file_is_begun_anew(model: Model, tmp_path: Path) -> None:
    """All of it can be computed again."""
    file = tmp_path / "vectors.db"
    file.write_bytes(b"not a database " * 100)
    for expected in (TEXTS, []):
        counting = Counting(model)
        with VectorCache(file, counting) as cache:
            assert cache.vectors(TEXTS).shape == (3, 256)
        assert counting.asked == expected


def test_vectors_are_computed_where_no_file_can_be_written(model: Model, tmp_path: Path) -> None:
    """A reader of somebody else's state directory."""
    (tmp_path / "file").write_text("")
    with VectorCache(tmp_path / "file" / "vectors.db", model) as cache:
        assert cache.vectors(TEXTS).shape == (3, 256)
