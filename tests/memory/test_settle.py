"""The settle window: what it folds, and when it is due."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curatord.memory.settle import Batch, Hint, SettleWindow

_HINTS = st.builds(
    Hint,
    st.sampled_from(["r", "s"]),
    st.none() | st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join),
)
_GAPS = st.floats(0, 10)


def _filled(hints: list[Hint], *, limit: int = 512) -> SettleWindow:
    window = SettleWindow(quiet=1, longest=30, limit=limit)
    for hint in hints:
        window.add(hint, now=0)
    return window


@given(st.lists(_HINTS, max_size=30), st.integers(1, 6))
@settings(deadline=None, max_examples=200)
def test_no_hint_is_ever_lost(hints: list[Hint], limit: int) -> None:
    """However they are folded, looking where the batch says looks where every hint said."""
    batch = _filled(hints, limit=limit).take()
    assert all(batch.covers(hint) for hint in hints)


@given(st.lists(_HINTS, max_size=30), st.integers(1, 6))
@settings(deadline=None, max_examples=100)
def test_no_hint_of_a_batch_lies_below_another(hints: list[Hint], limit: int) -> None:
    """Nothing is looked at twice, and no root has more paths than the limit."""
    batch = _filled(hints, limit=limit).take()
    for hint in batch.hints:
        assert not Batch(batch.hints - {hint}).covers(hint)
    for paths in batch.by_root().values():
        assert paths is None or len(paths) <= limit


@given(st.lists(_HINTS, max_size=30))
@settings(deadline=None, max_examples=100)
def test_a_batch_adds_no_root_and_invents_no_path(hints: list[Hint]) -> None:
    """Without a limit in play, what is looked at was hinted at."""
    assert _filled(hints).take().hints <= set(hints)


@given(st.lists(_GAPS, min_size=1, max_size=30), st.floats(0, 5), st.floats(0, 20))
@settings(deadline=None, max_examples=200)
def test_the_batch_is_due_after_quiet_and_never_later_than_the_longest_wait(
    gaps: list[float], quiet: float, longest: float
) -> None:
    """A steady stream of changes does not starve the memory."""
    window = SettleWindow(quiet=quiet, longest=longest)
    now = first = 100.0
    for gap in gaps:
        now += gap
        window.add(Hint("r", "a"), now)
    first += gaps[0]
    due = window.due_at()
    assert due is not None
    assert due <= now + quiet
    assert due <= first + longest
    assert due in (now + quiet, first + longest)


def test_nothing_is_due_without_a_hint() -> None:
    """An idle daemon sets no timer."""
    window = SettleWindow(quiet=1, longest=30)
    assert window.due_at() is None
    assert window.take() == Batch(frozenset())


def test_taking_a_batch_starts_anew() -> None:
    """The next burst has its own longest wait."""
    window = _filled([Hint("r", "a")])
    window.take()
    assert window.due_at() is None
    assert window.pending == 0
    window.add(Hint("r", "b"), now=100)
    assert window.due_at() == 101
    assert window.take().hints == {Hint("r", "b")}


def test_a_late_hint_from_another_thread_does_not_turn_time_back() -> None:
    """Hints may come in with their times slightly out of order."""
    window = SettleWindow(quiet=1, longest=30)
    window.add(Hint("r", "a"), now=5)
    window.add(Hint("r", "b"), now=4)
    assert window.due_at() == 6


def test_paths_below_a_hinted_directory_fold_into_it() -> None:
    """In whichever order they come."""
    before = _filled([Hint("r", "a/b.md"), Hint("r", "a"), Hint("r", "ab.md")])
    after = _filled([Hint("r", "a"), Hint("r", "a/b.md"), Hint("r", "ab.md")])
    assert before.take() == after.take() == Batch(frozenset({Hint("r", "a"), Hint("r", "ab.md")}))


@pytest.mark.parametrize("path", [None, ""])
def test_a_hint_at_the_whole_root_swallows_its_paths_and_no_others(path: str | None) -> None:
    """Roots do not mix."""
    batch = _filled([Hint("r", "a.md"), Hint("r", path), Hint("r", "b.md"), Hint("s", "c.md")]).take()
    assert batch.by_root() == {"r": None, "s": ("c.md",)}


def test_more_paths_than_the_limit_become_the_whole_root() -> None:
    """A storm costs one walk, not a hundred thousand look-ups."""
    hints = [Hint("r", f"{number}.md") for number in range(512)]
    assert _filled(hints).take().by_root() == {"r": tuple(sorted(hint.path or "" for hint in hints))}
    assert _filled([*hints, Hint("r", "one-more.md")]).take().by_root() == {"r": None}


def test_folding_comes_before_the_limit() -> None:
    """A moved directory with many notes is still one path."""
    hints = [Hint("r", f"a/{number}.md") for number in range(6)]
    assert _filled([*hints[:5], Hint("r", "a"), hints[5]], limit=5).take().by_root() == {"r": ("a",)}


def test_pending_counts_the_places_that_wait() -> None:
    """The status shows it."""
    assert _filled([Hint("r", "a"), Hint("r", "a"), Hint("r", "b"), Hint("s", None)]).pending == 3
