"""Checking one question: known, weak or unknown, and how well the thresholds tell notes from strangers."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.exam.check import Service, Standing, look_up, notes_speak_of, stand
from curatord.exam.embedding import installed
from curatord.exam.gaps import Sureness
from curatord.exam.interrogate import Interrogated
from curatord.exam.known import KnownTexts, Nearness
from curatord.exam.retrieval import Hit, Retrieval
from curatord.store.database import Store
from tests.live import CURATORD

if TYPE_CHECKING:
    from collections.abc import Iterator

NEAR = Nearness(0.1, "text", "knowledge/a.md", seen=True)
FAR = Nearness(0.8, "text", "knowledge/a.md", seen=True)
HIT = Hit("Q?", "A.", "knowledge/a.md", "fact", seen=True)
FOUND = Retrieval(3, 0.9, 2.5, HIT)
SURE = Interrogated("A.", 0.1, 1.0)
SERVICE = Service(Sureness(), frozenset())
SAMPLE = Path(__file__).parents[2] / "etc" / "sample-memory"
GENERAL = """\
What is the capital of Portugal?
How many legs does a spider have?
Who wrote Romeo and Juliet?
Which planet is the largest in the solar system?
At what temperature does water freeze in Celsius?
Name the longest river in South America.
What is the chemical symbol of gold?
Write a short poem about autumn leaves.
How do I bake bread without yeast?
What is the plural of mouse?
Why is the sky blue?
How many strings does a violin have?
Which metal is liquid at room temperature?
What should I pack for a week at the beach?
How can I remove a coffee stain from a shirt?
Quelle est la capitale de l'Italie ?
Qui a écrit Les Misérables ?
How do I centre a div with CSS flexbox?
What does the borrow checker in Rust do?
How does Raft elect a leader?""".splitlines()


@pytest.mark.parametrize(
    ("near", "found", "said", "service", "standing", "why"),
    [
        (NEAR, FOUND, SURE, SERVICE, Standing.KNOWN, "it was taught"),
        (NEAR, FOUND, None, SERVICE, Standing.KNOWN, "it was taught"),
        (None, FOUND, SURE, SERVICE, Standing.KNOWN, "it was taught"),
        (FAR, Retrieval(), SURE, SERVICE, Standing.UNKNOWN, "do not speak of it"),
        (None, Retrieval(), SURE, SERVICE, Standing.UNKNOWN, "do not speak of it"),
        (FAR, FOUND, SURE, SERVICE, Standing.WEAK, "hardly speak of it"),
        (NEAR, Retrieval(), SURE, SERVICE, Standing.WEAK, "hardly speak of it"),
        (NEAR, FOUND, None, None, Standing.WEAK, "no adapter is in service"),
        (NEAR, FOUND, Interrogated("A.", 3.0, 1.0), SERVICE, Standing.WEAK, "not sure of it"),
        (NEAR, FOUND, Interrogated("A.", 0.1, 0.2), SERVICE, Standing.WEAK, "not sure of it"),
        (NEAR, FOUND, SURE, Service(Sureness(), frozenset({"fact"})), Standing.WEAK, "wrong in its exam"),
    ],
)
def test_a_questions_standing_follows_from_the_three_figures(
    near: Nearness | None,
    found: Retrieval,
    said: Interrogated | None,
    service: Service | None,
    standing: Standing,
    why: str,
) -> None:
    """What was not measured has no say."""
    got, reason = stand(near, found, said, service)
    assert got is standing
    assert why in reason


def test_what_no_run_was_given_is_weak() -> None:
    """The notes speak of it; the model cannot know it."""
    new = Retrieval(3, 0.9, 2.5, Hit("Q?", "A.", "knowledge/a.md", "fact", seen=False))
    got, reason = stand(Nearness(0.1, "text", "a", seen=False), new, SURE, SERVICE)
    assert got is Standing.WEAK
    assert "no training run has been given that yet" in reason


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The store of the sample memory."""
    place = tmp_path_factory.mktemp("sample")
    config = place / "curatord.toml"
    roots = "".join(
        f'[[memory.roots]]\npath = "{SAMPLE}/{kind}"\nkind = "{kind}"\n' for kind in ("knowledge", "episodes")
    )
    config.write_text(f'[state]\ndir = "{place}/state"\n{roots}')
    subprocess.run([*CURATORD, "--config", str(config), "build"], check=True, capture_output=True)
    store = Store.open_reader(place / "state" / "store.db")
    yield store
    store.close()


@pytest.mark.parametrize("with_model", [False, True])
def test_the_thresholds_tell_questions_about_the_notes_from_strangers(sample: Store, with_model: bool) -> None:
    """Of the exam's questions, none of which is looked at, 9 in 10 are about the notes; of others none, or 1 in 20."""
    model = installed() if with_model else None
    if with_model and model is None:
        pytest.skip("the extra `gaps` is not installed: it has no wheel for this platform")
    known = KnownTexts(sample.connection, sample.path.parent, model) if model is not None else None
    rows = sample.connection.execute("SELECT question FROM pairs WHERE kept AND split = 'test' ORDER BY pair LIMIT 150")
    own = [notes_speak_of(*look_up(sample.connection, row[0], known)) for row in rows]
    others = [notes_speak_of(*look_up(sample.connection, question, known)) for question in GENERAL]
    assert own.count(True) >= 0.9 * len(own)
    assert own.count(False) <= 0.1 * len(own)
    assert others.count(True) <= 0.05 * len(others)
    assert others.count(False) >= 0.9 * len(others)
