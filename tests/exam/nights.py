"""One night of the tiny model, shared by the tests that only look at what it left."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.pair import Split
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters
from curatord.store.database import Store
from tests.store.samples import document, pair, section
from tests.train.runs import finish, new_run
from tests.train.test_snapshot import put
from tests.train.tiny import FACTS

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.store.records import DocumentRecord
    from curatord.train.run_directory import RunDirectory

MODULE = "curatord.exam"


@dataclass(frozen=True)
class Night:
    """A state directory after a run: the run, and its adapter in service."""

    state: StateDirectory
    run: RunDirectory
    adapters: Adapters


def a_night(directory: Path, tiny_directory: Path) -> Night:
    """Train and examine the tiny model on ten facts, and put its adapter into service."""
    state = StateDirectory(directory)
    store = Store.open(state.store)
    put(store, *(_note(number) for number in range(10)))
    store.close()
    run = new_run(tiny_directory, state.store)
    code, errors = finish(run, module=MODULE)
    assert (code, errors) == (0, "")
    shutil.copytree(run.examined, state.adapters / run.id)
    adapters = Adapters(state)
    adapters.promote(adapters.find(run.id), "a test")
    return Night(state, run, adapters)


def _note(number: int) -> DocumentRecord:
    """Return a note with one fact of those that the tiny model's tokenizer knows."""
    question, answer = FACTS[number]
    ways = (question, f"Flag {number} of the backup tool?", f"What limits flag {number}?")
    asked = [pair(way, answer, rejected="It does some things.") for way in ways]
    return document(f"{number:03d}.md", section(*asked, pair(f"Flag {number}: what?", answer, split=Split.TEST)))
