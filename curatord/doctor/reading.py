"""Whether notes can be read and curated at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curatord.config import Root
from curatord.daemon.forecast import forecast
from curatord.daemon.roots import name_roots
from curatord.doctor.finding import fail, ok
from curatord.memory.document import Kind
from curatord.resources import resource

if TYPE_CHECKING:
    from curatord.doctor.finding import Finding, Situation

_SAMPLE = "cold-store.md"


def reading(situation: Situation) -> Finding:
    """Check that a worker process starts, and makes facts and pairs of a note."""
    sample = Root(path=resource("etc/sample-memory") / "knowledge", kind=Kind.KNOWLEDGE)
    settings = situation.settings
    few = settings.model_copy(
        update={
            "engine": settings.engine.model_copy(update={"workers": 1}),
            "memory": settings.memory.model_copy(update={"ignore": ("*", f"!{_SAMPLE}")}),
        }
    )
    (found,) = forecast(few, name_roots([sample])).values()
    if not found.facts:
        told = f"A worker could not read {sample.path / _SAMPLE}."
        return fail(told, "Raise memory_mb and seconds in [engine], or install curatord again.")
    return ok(f"A worker made {found.facts} facts and {found.pairs} pairs of a sample note.")
