"""Under a storm of changes, events alone lead to where a clean pass arrives."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.daemon.helpers import note
from tests.live import configure, running

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = 1500


def change(folder: Path, dice: random.Random, number: int) -> None:
    """Save one of fifty notes as editors do, move a folder, or delete a note."""
    act = dice.random()
    file = folder / f"d{dice.randrange(4)}" / f"n{dice.randrange(50)}.md"
    file.parent.mkdir(exist_ok=True)
    if act < 0.9:
        temporary = file.with_suffix(".tmp")
        temporary.write_text(note(f"Note {file.stem}", 1000 + number))
        temporary.rename(file)
    elif act < 0.97:
        file.unlink(missing_ok=True)
    elif not (aside := folder / f"aside-{number}").exists():
        file.parent.rename(aside)
        shutil.rmtree(aside) if act > 0.99 else aside.rename(folder / f"moved-{number}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_storm_of_saves_moves_and_deletions_ends_where_a_clean_pass_does(tmp_path: Path) -> None:
    """No comparison is asked for: what the events did not tell would be missing. Rescans are an hour away."""
    dice = random.Random(7)
    with running(tmp_path / "live", settle=0.2, rescan_seconds=3600, hold_deletions_above=100_000) as live:
        for number in range(CHANGES):
            change(live.memory, dice, number)
        written = 0.0
        while time.monotonic() - written < 2:  # quiet for two seconds: ten settle windows
            before = live.status()["last_pass"], live.manifest()["generation"]
            time.sleep(1)
            if (live.status()["last_pass"], live.manifest()["generation"]) != before or not written:
                written = time.monotonic()
        live.wait_for(lambda status: status["state"] == "ready" and status["queue"] == {"pending": 0, "settling": 0})
        live.stop()
    fresh = configure(tmp_path / "clean")
    shutil.rmtree(fresh.memory)
    shutil.copytree(live.memory, fresh.memory)
    fresh.command("build", timeout=120)
    assert live.derived() == fresh.derived()
