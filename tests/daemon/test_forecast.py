"""What directories would give: as much as they give in earnest, and nothing is kept of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from curatord.config import Root, Settings
from curatord.daemon.build import build
from curatord.daemon.forecast import Forecast, forecast
from curatord.daemon.roots import name_roots
from curatord.memory.document import Kind
from curatord.paths import StateDirectory
from curatord.resources import resource

if TYPE_CHECKING:
    from pathlib import Path


def settings_for(*roots: Path) -> Settings:
    """Return settings that watch directories of knowledge."""
    memory = {"roots": [Root(path=path, kind=Kind.KNOWLEDGE) for path in roots]}
    return Settings.model_validate({"memory": memory, "engine": {"workers": 1}})


def test_a_forecast_tells_what_building_then_gives(tmp_path: Path) -> None:
    """The same notes, facts and pairs, for facts that no two notes share."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name in ("cold-store.md", "germination-test.md"):
        shutil.copy(resource("etc/sample-memory") / "knowledge" / name, notes)
    settings = settings_for(notes)

    (gives,) = forecast(settings, name_roots(settings.memory.roots)).values()

    status = build(tmp_path / "none.toml", settings, StateDirectory(tmp_path / "state"))
    assert (gives.files, gives.documents, gives.facts) == (2, 2, status.facts)
    assert gives.pairs >= status.pairs.sft + status.pairs.heldout > 0


def test_each_root_has_its_own_forecast_and_progress_covers_all(tmp_path: Path) -> None:
    """One without notes gives nothing; notes that give nothing are counted as files."""
    full, empty, noise = (tmp_path / name for name in ("full", "empty", "noise"))
    for directory in (full, empty, noise):
        directory.mkdir()
    shutil.copy(resource("etc/sample-memory") / "knowledge" / "cold-store.md", full)
    (noise / "short.md").write_text("# Short\n")
    (noise / "INDEX.md").write_text("# An index\n" * 20)
    settings, told = settings_for(full, empty, noise), []

    roots = name_roots(settings.memory.roots)
    gives = forecast(settings, roots, lambda done, total: told.append((done, total)))

    assert gives["knowledge"].facts > 0
    assert gives["knowledge-2"] == Forecast()
    assert gives["knowledge-3"] == Forecast(files=1)
    assert told == [(1, 2), (2, 2)]
    assert not [path for path in tmp_path.iterdir() if path not in (full, empty, noise)]
