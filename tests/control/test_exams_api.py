"""What the control socket tells about adapters, exams and the lines of notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.errors import CuratordError
from curatord.exam.records import REPLIES, Reply, as_lines
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.store.database import Store
from curatord.store.disk import put_root
from tests.serve.shelves import IDS, exam_record, keep

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control.serving import Serving

PAIR = "How cold is the store?"


def reply(number: int, *, right: bool, before: bool) -> Reply:
    """Return a reply to a question of its own."""
    return Reply(
        pair=f"{number:016x}",
        question=f"What is number {number}?",
        answer=f"It is {number}.",
        reply="Nobody knows.",
        right=right,
        before=before,
        decided=True,
        routed=True,
        topic=f"knowledge/{number % 2}.md",
        category="factual" if number < 3 else "critical",
        kind="table",
        fact="f",
        root="knowledge",
        path=f"{number % 2}.md",
    )


@pytest.fixture
def adapters(served: Serving) -> Adapters:
    """Two adapters, the second in service; its exam has four questions, of which it gained one and lost one."""
    shelf = served.service.adapters_path
    keep(shelf, IDS[0])
    replies = [reply(1, right=True, before=False), reply(2, right=False, before=True)]
    replies += [reply(3, right=True, before=True), reply(4, right=False, before=False)]
    kept = keep(shelf, IDS[1], exam_record(IDS[1]))
    (kept.path / REPLIES).write_bytes(as_lines(replies))
    found = Adapters(StateDirectory(shelf.parent))
    found.promote(found.find(IDS[1]), "better")
    return found


@pytest.mark.usefixtures("adapters")
def test_adapters_are_listed_with_their_exams_and_switches(served: Serving) -> None:
    """The latest first, and which is in service."""
    answer = served.client.get("/v1/adapters")

    assert answer["in_service"] == IDS[1]
    assert [(one["id"], one["in_service"], one["after"]) for one in answer["adapters"]] == [
        (IDS[1], True, 60),
        (IDS[0], False, None),
    ]
    assert [(one["adapter"], one["before"], one["reason"]) for one in answer["history"]] == [(IDS[1], "", "better")]


def test_an_adapter_that_cannot_be_read_is_told_as_that(served: Serving, adapters: Adapters) -> None:
    """The others are listed all the same."""
    (adapters.directory / IDS[0] / "exam.json").write_text("{")

    entries = {one["id"]: one for one in served.client.get("/v1/adapters")["adapters"]}

    assert "exam.json cannot be read" in entries[IDS[0]]["problem"]
    assert entries[IDS[1]]["problem"] is None


def test_without_adapters_there_is_an_empty_list(served: Serving) -> None:
    """Nothing was trained yet."""
    assert served.client.get("/v1/adapters") == {"adapters": [], "in_service": None, "history": []}


@pytest.mark.usefixtures("adapters")
@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"outcome": "right"}, [1, 3]),
        ({"outcome": "wrong"}, [2, 4]),
        ({"outcome": "gained"}, [1]),
        ({"outcome": "lost"}, [2]),
        ({"category": "critical"}, [3, 4]),
        ({"topic": "knowledge/1.md"}, [1, 3]),
        ({"q": "IT IS 2"}, [2]),
        ({"category": "critical", "outcome": "wrong"}, [4]),
        ({"limit": 2, "offset": 1}, [2, 3]),
    ],
)
def test_the_questions_of_an_exam_are_filtered(served: Serving, asked: dict[str, object], numbers: list[int]) -> None:
    """By outcome, category, note and words; `total` counts all that fit."""
    answer = served.client.get(f"/v1/adapters/{IDS[1][:10]}/exam", **asked)

    assert [int(one["pair"], 16) for one in answer["replies"]] == numbers
    assert answer["total"] == (4 if "limit" in asked else len(numbers))
    assert answer["exam"]["run"] == IDS[1]


@pytest.mark.usefixtures("adapters")
def test_what_was_said_before_comes_from_the_run_as_long_as_it_is_there(served: Serving) -> None:
    """The base's words, where no adapter was in service; none for a run that is gone or does not fit."""
    path = f"/v1/adapters/{IDS[1]}/exam"
    assert {one["reply_before"] for one in served.client.get(path)["replies"]} == {None}
    sitting = served.service.runs_path / IDS[1] / "exam" / "base.json"
    sitting.parent.mkdir(parents=True)

    sitting.write_bytes(orjson.dumps({"exam": ["a", "b", "c", "d"], "general": []}))
    assert [one["reply_before"] for one in served.client.get(path)["replies"]] == ["a", "b", "c", "d"]
    sitting.write_bytes(orjson.dumps({"exam": ["a"], "general": []}))
    assert {one["reply_before"] for one in served.client.get(path)["replies"]} == {None}


@pytest.mark.usefixtures("adapters")
def test_an_adapter_without_an_exam_has_no_questions(served: Serving) -> None:
    """And one that is not there is told so."""
    answer = served.client.get(f"/v1/adapters/{IDS[0]}/exam")

    assert (answer["exam"], answer["total"], answer["replies"]) == (None, 0, [])
    with pytest.raises(CuratordError, match="no adapter that begins"):
        served.client.get("/v1/adapters/nothing/exam")


def test_the_lines_of_a_pair_are_those_of_the_note_as_it_is(served: Serving, tmp_path: Path) -> None:
    """The evidence is marked among the lines around it; a note that is gone or shorter is told."""
    store = Store.open(served.state.store)
    with store.transaction() as connection:
        put_root(connection, "knowledge", str(tmp_path), None)
    store.close()
    note = tmp_path / "cold-store.md"
    note.write_text("# Cold store\nFour degrees.\nSeeds.\nMore.\n")
    identity = served.client.get("/v1/pairs/search", q=PAIR)["pairs"][0]["id"]

    (place,) = served.client.get(f"/v1/pairs/{identity}/source", around=1)["places"]
    marked = [(one["number"], one["text"], one["evidence"]) for one in place["lines"]]
    assert marked == [(1, "# Cold store", True), (2, "Four degrees.", False)]
    note.write_text("")
    assert "shorter" in served.client.get(f"/v1/pairs/{identity}/source")["places"][0]["problem"]
    note.unlink()
    assert "cannot be read" in served.client.get(f"/v1/pairs/{identity}/source")["places"][0]["problem"]
    with pytest.raises(CuratordError, match="No pair's id"):
        served.client.get("/v1/pairs/ffffffffffffffff/source")
