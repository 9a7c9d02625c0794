"""The adapter in service, and the switch."""

from __future__ import annotations

from pathlib import Path

import pytest

from curatord.errors import CuratordError, NotFoundError, StoreError
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from tests.serve.shelves import IDS, exam_record, keep


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    """A state directory with three adapters."""
    for identity in IDS[:3]:
        keep(tmp_path / "adapters", identity)
    return StateDirectory(tmp_path)


@pytest.fixture
def shelf(state: StateDirectory) -> Adapters:
    """Its adapters, none of them in service."""
    return Adapters(state)


def promote(shelf: Adapters, *identities: str) -> None:
    """Put adapters into service, one after the other."""
    for identity in identities:
        shelf.promote(shelf.find(identity), "it knows more")


def served(shelf: Adapters) -> str | None:
    """Return the name of what is in service."""
    adapter = shelf.in_service()
    return adapter.id if adapter else None


def test_without_a_switch_the_base_answers_alone(shelf: Adapters) -> None:
    """No adapter is in service by being there."""
    assert served(shelf) is None


def test_a_promotion_is_a_link_that_others_can_follow(shelf: Adapters, state: StateDirectory) -> None:
    """`current` leads to the adapter, wherever the state directory is moved."""
    promote(shelf, IDS[0])
    assert served(shelf) == IDS[0]
    assert (state.current / "adapters.safetensors").read_bytes() == b"weights"
    assert state.current.readlink() == Path("adapters") / IDS[0]


def test_promotions_are_written_down(shelf: Adapters) -> None:
    """When, which, what was there before, and why."""
    promote(shelf, IDS[0], IDS[1])
    assert [(one.adapter, one.before, one.reason) for one in shelf.history()] == [
        (IDS[0], "", "it knows more"),
        (IDS[1], IDS[0], "it knows more"),
    ]


def test_what_serves_already_cannot_be_promoted(shelf: Adapters) -> None:
    """It would become its own predecessor."""
    promote(shelf, IDS[0])
    with pytest.raises(CuratordError, match="already"):
        promote(shelf, IDS[0])


def test_rolling_back_goes_to_what_served_before(shelf: Adapters) -> None:
    """Step by step, down to the base alone; then there is nothing to go back to."""
    promote(shelf, IDS[0], IDS[1])
    shelf.roll_back("worse")
    assert served(shelf) == IDS[0]
    shelf.roll_back("worse still")
    assert served(shelf) is None
    with pytest.raises(NotFoundError, match="no adapter in service"):
        shelf.roll_back("once more")


def test_rolling_back_passes_over_what_is_gone(shelf: Adapters, state: StateDirectory) -> None:
    """The adapter before was deleted by hand: the one before that serves."""
    promote(shelf, *IDS[:3])
    for file in (state.adapters / IDS[1]).iterdir():
        file.unlink()
    shelf.roll_back("worse")
    assert served(shelf) == IDS[0]


def test_a_link_to_what_is_gone_is_no_adapter(shelf: Adapters, state: StateDirectory) -> None:
    """The base answers alone rather than nobody."""
    promote(shelf, IDS[0])
    for file in (state.adapters / IDS[0]).iterdir():
        file.unlink()
    assert served(shelf) is None


def test_old_adapters_are_deleted_but_never_those_that_matter(shelf: Adapters) -> None:
    """In service is the oldest, and before it was the second."""
    promote(shelf, IDS[1], IDS[0])
    assert shelf.prune(1) == []
    keep(shelf.directory, IDS[3])
    assert shelf.prune(1) == [IDS[2]]
    assert [adapter.id for adapter in shelf.all()] == [IDS[0], IDS[1], IDS[3]]


def test_an_adapter_is_found_by_the_beginning_of_its_id(shelf: Adapters) -> None:
    """What fits several, or none, is an error that says so."""
    assert shelf.find(IDS[1][:9]).id == IDS[1]
    with pytest.raises(NotFoundError, match="More than one"):
        shelf.find("2026")
    with pytest.raises(NotFoundError, match="no adapter"):
        shelf.find("2025")


def test_drafts_and_strangers_are_no_adapters(shelf: Adapters, state: StateDirectory) -> None:
    """Half-written directories, and directories without weights."""
    keep(state.adapters, "20261129-023000-0009.tmp")
    (state.adapters / "photos").mkdir()
    assert [adapter.id for adapter in shelf.all()] == IDS[:3]


def test_a_line_of_the_history_that_cannot_be_read_is_passed_over(shelf: Adapters, state: StateDirectory) -> None:
    """A torn line costs one step back, not the way back."""
    promote(shelf, IDS[0])
    state.promotions.write_bytes(state.promotions.read_bytes() + b'{"time"\n')
    promote(shelf, IDS[1])
    shelf.roll_back("worse")
    assert served(shelf) == IDS[0]


def test_a_damaged_exam_is_told(state: StateDirectory) -> None:
    """The adapter itself can still be used."""
    adapter = keep(state.adapters, IDS[4], exam_record(IDS[4]))
    assert adapter.exam() == exam_record(IDS[4])
    (adapter.path / "exam.json").write_text("{")
    with pytest.raises(StoreError, match=r"exam\.json"):
        adapter.exam()
