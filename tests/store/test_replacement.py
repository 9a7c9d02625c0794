"""Replacing parts of a state directory: all of them or none, wherever it is interrupted."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from curatord.errors import StoreError
from curatord.store import replacement

PARTS = ("store.db", "shards", "current", "gone", "fresh")


def old_state(state: Path) -> None:
    """Make a state with a file, a directory, a link, and a part that is to go."""
    state.mkdir()
    (state / "store.db").write_text("old")
    (state / "shards").mkdir()
    (state / "shards" / "a").write_text("old")
    (state / "current").symlink_to("adapters/old")
    (state / "gone").write_text("old")
    (state / "other").write_text("untouched")


def make_draft(state: Path) -> None:
    """Make new parts, but for the one that is to go."""
    draft = replacement.begin(state)
    (draft / "store.db").write_text("new")
    (draft / "shards").mkdir()
    (draft / "shards" / "b").write_text("new")
    (draft / "current").symlink_to("adapters/new")
    (draft / "fresh").write_text("new")


def content(state: Path) -> dict[str, str]:
    """Return everything in a state directory."""
    found = {}
    for path in sorted(state.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(state).as_posix()] = f"-> {path.readlink()}"
        elif path.is_file():
            found[path.relative_to(state).as_posix()] = path.read_text()
    return found


OLD = {"store.db": "old", "shards/a": "old", "current": "-> adapters/old", "gone": "old", "other": "untouched"}
NEW = {"store.db": "new", "shards/b": "new", "current": "-> adapters/new", "fresh": "new", "other": "untouched"}


def test_new_parts_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    """Nothing else is touched, and nothing is left beside them."""
    old_state(tmp_path / "state")
    make_draft(tmp_path / "state")
    replacement.commit(tmp_path / "state", PARTS)
    assert content(tmp_path / "state") == NEW
    assert replacement.finish(tmp_path / "state") is False


def test_what_was_not_committed_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    """Whoever comes next finds the old state."""
    old_state(tmp_path / "state")
    make_draft(tmp_path / "state")
    assert replacement.finish(tmp_path / "state") is False
    replacement.abandon(tmp_path / "state")
    assert content(tmp_path / "state") == OLD


class Interrupted(BaseException):
    """The process is gone."""


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the changes of names; the process is gone before the one whose number is in the list's second place."""
    counted = [0, -1]
    real = {name: getattr(Path, name) for name in ("rename", "mkdir")}

    def watched(name: str) -> object:
        def call(path: Path, *arguments: object, **named: object) -> object:
            counted[0] += 1
            if counted[0] == counted[1]:
                raise Interrupted
            return real[name](path, *arguments, **named)

        return call

    for name in real:
        monkeypatch.setattr(Path, name, watched(name))
    return counted


def test_interrupted_anywhere_it_is_finished_by_the_next(tmp_path: Path, operations: list[int]) -> None:
    """Before the commit there is the old state, after it the new one; never a mixture, once `finish` has been."""
    results = []
    for number in range(1, 40):
        operations[1] = -1
        state = tmp_path / str(number)
        old_state(state)
        make_draft(state)
        operations[0], operations[1] = 0, number
        try:
            replacement.commit(state, PARTS)
        except Interrupted:
            operations[1] = -1
            replacement.finish(state)
            replacement.abandon(state)
            results.append(content(state))
        else:
            break
    assert len(results) > 8
    assert all(result in (OLD, NEW) for result in results)
    assert results[-1] == NEW
    assert OLD in results


def test_interrupted_twice_it_is_finished_all_the_same(tmp_path: Path, operations: list[int]) -> None:
    """Each try goes on from where the last one was."""
    for first in range(4, 12):
        for second in range(1, 8):
            operations[1] = -1
            state = tmp_path / f"{first}-{second}"
            old_state(state)
            make_draft(state)
            for number, step in ((first, replacement.commit), (second, lambda state, _: replacement.finish(state))):
                operations[0], operations[1] = 0, number
                with suppress(Interrupted):
                    step(state, PARTS)
            operations[1] = -1
            replacement.finish(state)
            replacement.abandon(state)
            assert content(state) in (OLD, NEW)


def test_a_disk_that_does_not_take_it_is_an_error_with_a_hint_and_is_finished_later(tmp_path: Path) -> None:
    """What was committed is not lost."""
    state = tmp_path / "state"
    old_state(state)
    make_draft(state)
    in_the_way = state / "replaced" / "shards"
    in_the_way.mkdir(parents=True)
    (in_the_way / "x").touch()
    with pytest.raises(StoreError, match="cannot be changed") as caught:
        replacement.commit(state, PARTS)
    assert "finishes what was begun" in caught.value.hint
    (in_the_way / "x").unlink()
    in_the_way.rmdir()
    assert replacement.finish(state) is True
    assert content(state) == NEW
