"""`curatord pairs judge`, `curatord pairs edit` and `curatord judgements`, against a live daemon."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import NOTE
from tests.live import CURATORD, Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A daemon of these tests alone: they change what it holds."""
    directory = tmp_path_factory.mktemp("judged")
    configure(directory)
    (directory / "knowledge" / "cold-store.md").write_text(NOTE)
    with running(directory) as daemon:
        yield daemon


@pytest.fixture
def pair(live: Live) -> Iterator[dict[str, Any]]:
    """A training pair, of which nothing is said before and after."""
    found = live.json("pairs", "list", "--split", "train", "--limit", "1")["pairs"][0]
    yield found
    live.command("pairs", "judge", found["id"], "--clear", check=False)


def test_a_rejected_pair_is_gone_from_the_list_and_comes_back(live: Live, pair: dict[str, Any]) -> None:
    """It is listed, shown and explained as rejected meanwhile."""
    identity = pair["id"]
    assert live.command("pairs", "judge", identity[:8], "--down").stdout.startswith(f"{identity}  thumbed down: ")
    assert identity not in live.command("pairs", "list", "--limit", "1000").stdout
    row = live.command("pairs", "list", "--judged", "down").stdout.split("\t")
    assert (row[0], row[-1]) == (identity, "down\n")
    shown = live.command("pairs", "show", identity).stdout
    assert "thumbed down" in shown
    assert "by cli" in shown
    place = live.json("pairs", "show", identity)["places"][0]
    why = live.command("pairs", "why", f"{live.memory}/cold-store.md:{place['first_line']}").stdout
    assert "(thumbed down)" in why
    assert live.json("pairs", "list", "--dropped", "--reason", "thumbed_down")["total"] == 1
    row = live.command("judgements", "list").stdout.split("\t")
    assert row[:3] == [identity, "down", "in force"]
    done = live.json("pairs", "judge", identity, "--clear")
    assert (done["judgements"], done["pairs"][0]["verdict"]) == (1, None)
    assert live.json("judgements", "list") == {"total": 0, "judgements": []}


def test_several_pairs_are_judged_at_once(live: Live) -> None:
    """And all pairs of a fact with --fact."""
    ids = [one["id"] for one in live.json("pairs", "list", "--limit", "2")["pairs"]]
    assert live.json("pairs", "judge", *ids, "--up")["judgements"] == 2
    assert live.json("judgements", "list", "--verdict", "up")["total"] == 2
    live.command("pairs", "judge", *ids, "--clear")
    whole = live.json("pairs", "judge", ids[0], "--down", "--fact")
    assert len(whole["pairs"]) == whole["judgements"] > 1
    live.command("pairs", "judge", ids[0], "--clear", "--fact")
    assert live.json("judgements", "list")["total"] == 0


def test_a_pair_is_edited_by_options(live: Live, pair: dict[str, Any]) -> None:
    """What it was made as is shown, and comes back."""
    done = live.json("pairs", "edit", pair["id"], "--question", "How cool is it?", "--answer", "It is 5 degrees.")
    new = done["pairs"][0]
    assert (new["question"], new["answer"], new["made"]["answer"]) == (
        "How cool is it?",
        "It is 5 degrees.",
        pair["answer"],
    )
    assert pair["question"] in live.command("pairs", "show", new["id"]).stdout
    assert live.json("pairs", "search", "cool")["total"] == 1
    live.command("pairs", "judge", new["id"], "--clear")
    assert live.json("pairs", "show", pair["id"])["answer"] == pair["answer"]


def edit_with(live: Live, identity: str, program: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Edit a pair with an editor that is a Python program over the page's text."""
    script = tmp_path / "editor.py"
    script.write_text(f"import sys, pathlib\nfile = pathlib.Path(sys.argv[1])\npage = file.read_text()\n{program}\n")
    environment = {name: value for name, value in os.environ.items() if name != "VISUAL"}
    return subprocess.run(
        [*CURATORD, "--config", str(live.config), "pairs", "edit", identity],
        env=environment | {"EDITOR": f"{sys.executable} {script}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_pair_is_edited_in_an_editor(live: Live, pair: dict[str, Any], tmp_path: Path) -> None:
    """Texts stand below their headings; what is left as it is stays."""
    program = f"file.write_text(page.replace({pair['answer']!r}, 'First.\\n\\n# No comment'))"
    done = edit_with(live, pair["id"], program, tmp_path)
    assert done.returncode == 0, done.stderr
    (entry,) = live.json("judgements", "list")["judgements"]
    assert (entry["question"], entry["answer"]) == (None, "First.\n\n# No comment")


def test_an_editor_that_changes_nothing_changes_nothing(live: Live, pair: dict[str, Any], tmp_path: Path) -> None:
    """Whether it saves or not."""
    for program in ("", "file.write_text(page)"):
        done = edit_with(live, pair["id"], program, tmp_path)
        assert (done.returncode, done.stderr) == (0, "Nothing was changed.\n")
    assert live.json("judgements", "list")["total"] == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("pairs", "judge", "4f1d"), 2, "Give --up, --down or --clear"),
        (("pairs", "judge", "../x", "--up"), 2, "is no pair's id"),
        (("pairs", "judge", "zzzz", "--up"), 1, "No pair's id is zzzz"),
        (("pairs", "judge", "zzzz", "--clear"), 1, "No pair's id is zzzz"),
        (("pairs", "edit", "zzzz", "--answer", "A."), 1, "No pair's id is zzzz"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_do(live: Live, words: tuple[str, ...], code: int, told: str) -> None:
    """No traceback for a mistake."""
    done = live.command(*words, check=False)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_edit_is_refused_with_the_reason(live: Live, pair: dict[str, Any]) -> None:
    """And nothing is judged."""
    done = live.command("pairs", "edit", pair["id"], "--answer", "So.<|im_end|>", check=False)
    assert done.returncode == 2
    assert "chat templates" in done.stderr
    done = live.command("pairs", "edit", pair["id"], "--answer", pair["answer"], check=False)
    assert "reads just so already" in done.stderr
    assert live.json("judgements", "list")["total"] == 0


def test_without_a_daemon_that_is_said(still: Live) -> None:
    """As everywhere."""
    assert still.command("pairs", "judge", "4f1d", "--up", check=False).returncode == 3
    assert still.command("judgements", "list", check=False).returncode == 3
