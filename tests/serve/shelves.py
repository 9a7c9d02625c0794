"""Adapters for tests: directories with weights, a configuration and an exam."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from curatord.exam.records import Change, Exam, Part, Score, Trial
from curatord.serve.adapters import Adapter

if TYPE_CHECKING:
    from pathlib import Path

IDS = [f"2026112{day}-023000-000{day}" for day in range(1, 8)]


def exam_record(run: str, *, promote: bool = True, **changes: Any) -> Exam:  # noqa: ANN401  whatever a record holds
    """Return an exam in which 60 of 100 were right, 10 before; `changes` are to its fields."""
    trial = Trial(
        scale=1.0,
        exam=Change(asked=100, before=10, after=60, gain=0.5, low=0.39, high=0.59, p=0.0),
        exam_alone=Score(asked=100, right=61),
        general=Score(asked=80, right=64),
        general_alone=Score(asked=80, right=20),
        refused=() if promote else ("it gains too little",),
    )
    fields: dict[str, Any] = {
        "run": run,
        "created": datetime(2026, 11, 23, 3, tzinfo=UTC),
        "base": "smollm2-135m",
        "against": None,
        "seed": "0" * 64,
        "general_before": Score(asked=80, right=64),
        "trials": (trial,),
        "scale": 1.0,
        "promote": promote,
        "reason": "60 of 100 right" if promote else "it gains too little",
        "topics": {"knowledge/ports.md": Part(asked=10, before=1, after=6)},
        "categories": {"factual": Part(asked=100, before=10, after=60)},
        "kinds": {"table": Part(asked=100, before=10, after=60)},
    }
    return Exam(**fields | changes)


def keep(adapters: Path, identity: str, exam: Exam | None = None) -> Adapter:
    """Make the directory of an adapter."""
    place = adapters / identity
    place.mkdir(parents=True)
    (place / "adapters.safetensors").write_bytes(b"weights")
    config = {"lora_parameters": {"rank": 4, "scale": 2.0}, "curatord": {"base": "smollm2-135m", "system": "Answer."}}
    (place / "adapter_config.json").write_bytes(orjson.dumps(config))
    if exam is not None:
        (place / "exam.json").write_text(exam.model_dump_json())
    return Adapter(place)
