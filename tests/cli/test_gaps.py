"""`curatord gaps` as a process, on a store without a daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.store.database import Store
from curatord.store.seen import mark_seen
from tests.cli.conftest import NOTE
from tests.exam.test_interrogate import kept_adapter
from tests.live import configure
from tests.train.conftest import tiny_directory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live import Live

__all__ = ["tiny_directory"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A store of one note, made without a daemon."""
    live = configure(tmp_path_factory.mktemp("gaps"), extra="[training]\nenabled = false\n")
    (live.memory / "cold-store.md").write_text(NOTE)
    live.command("build")
    return live


def test_gaps_are_listed_with_their_reason(built: Live) -> None:
    """And what was not measured is told apart from them."""
    done = built.command("gaps")
    score, kind, topic, why = done.stdout.strip().split("\t")
    assert (kind, topic) == ("untaught", "knowledge/cold-store.md")
    assert 0 < float(score) <= 1
    assert "facts have not been taught yet" in why
    assert "not measured: interrogation (no adapter is in service" in done.stderr


def test_gaps_are_told_to_programs(built: Live) -> None:
    """With all their evidence."""
    found = built.json("gaps", "-n", "5")
    (gap,) = found["gaps"]
    assert found["adapter"] is None
    assert gap["evidence"]["facts"] == gap["evidence"]["of"] > 3
    assert gap["evidence"]["questions"][0]["answer"]


def test_a_topic_shows_its_headings(built: Live) -> None:
    """Where in the note the facts stand."""
    lines = built.command("gaps", "--topic", "cold").stdout.splitlines()
    assert [line.split("\t")[1:] for line in lines[1:]] == [
        ["untaught", "Cold store > Limits"],
        ["untaught", "Cold store"],
    ]


def test_an_unknown_topic_is_an_error(built: Live) -> None:
    """With advice."""
    done = built.command("gaps", "--topic", "nothing", check=False)
    assert done.returncode == 1
    assert "`curatord documents` lists them." in done.stderr


def test_a_question_about_a_note_is_found_and_not_yet_known(built: Live) -> None:
    """The figures of what was measured, and the reason of what was not."""
    checked = built.json("gaps", "check", "How many minutes may the door stay open before the compressor overheats?")
    assert checked["standing"] == "weak"
    assert checked["reason"].endswith("but no adapter is in service")
    assert checked["retrieval"]["best"]["topic"] == "knowledge/cold-store.md"
    assert checked["interrogation"] is None
    assert checked["absent"]["interrogation"].startswith("no adapter is in service")


def test_a_question_that_no_note_speaks_of_is_unknown_and_remembered(built: Live) -> None:
    """It is a gap from then on."""
    assert built.command("gaps", "check", "Who painted the Mona Lisa?").stdout.startswith("unknown: the notes do not")
    assert "Who painted the Mona Lisa?" in built.command("gaps").stdout


def test_an_empty_question_is_a_usage_error(built: Live) -> None:
    """A script's variable may be empty."""
    assert built.command("gaps", "check", " ", check=False).returncode == 2


def test_the_model_in_service_is_asked(
    built: Live,
    tiny_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With random weights it is not sure of what it was taught; without it the other two figures decide."""
    monkeypatch.setenv("MLX_DISABLE_COMPILE", "1")
    store = Store.open(built.state / "store.db")
    with store.transaction() as connection:
        mark_seen(connection, "run", [row[0] for row in connection.execute("SELECT pair FROM pairs").fetchall()])
    store.close()
    (built.state / "current").symlink_to(kept_adapter(tiny_directory, tmp_path))
    question = "How many minutes may the door stay open before the compressor overheats?"
    asked, not_asked = built.json("gaps", "check", question), built.json("gaps", "check", question, "--no-model")
    assert asked["standing"] == "weak"
    assert "the model is not sure of it" in asked["reason"]
    assert asked["interrogation"]["entropy"] > 3
    assert 0 <= asked["interrogation"]["agreement"] <= 1
    assert not_asked["standing"] == "known"
    assert not_asked["absent"]["interrogation"] == "the model was not asked"
