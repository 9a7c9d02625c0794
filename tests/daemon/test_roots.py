"""Naming memory roots."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from curatord.config import Root
from curatord.daemon.roots import name_roots, troubles
from curatord.memory.document import Kind

if TYPE_CHECKING:
    from pathlib import Path


def test_roots_are_named_after_their_kind_and_numbered(tmp_path: Path) -> None:
    """The first of a kind has its plain name."""
    kinds = [Kind.KNOWLEDGE, Kind.EPISODES, Kind.KNOWLEDGE]
    roots = name_roots(Root(path=tmp_path / str(n), kind=kind) for n, kind in enumerate(kinds))
    assert [root.name for root in roots] == ["knowledge", "episodes", "knowledge-2"]


def test_a_root_that_is_a_link_is_resolved_and_remembers_how_it_was_written(tmp_path: Path) -> None:
    """What is watched is the directory itself; what is shown is what the user wrote."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (root,) = name_roots([Root(path=tmp_path / "link", kind=Kind.KNOWLEDGE)])
    assert (root.path, root.configured) == ((tmp_path / "real").resolve(), tmp_path / "link")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_root_that_may_not_be_read_is_in_trouble_and_so_is_one_behind_such(tmp_path: Path) -> None:
    """Neither is an exception: `Path.is_dir` raises for the second on Python 3.11."""
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    outer, inner = name_roots(
        [Root(path=tmp_path / "outer", kind=Kind.KNOWLEDGE), Root(path=tmp_path / "outer/inner", kind=Kind.EPISODES)]
    )
    (tmp_path / "outer").chmod(0)
    assert (outer.trouble(), inner.trouble()) == ("unreadable", "missing")
    (tmp_path / "outer").chmod(0o700)
    assert troubles([outer, inner]) == {}
