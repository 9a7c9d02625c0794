"""Exam questions for tests."""

from __future__ import annotations

from typing import Any

from curatord.train.snapshot import ExamRow


def exam_row(number: int = 0, **changes: Any) -> ExamRow:  # noqa: ANN401  whatever a row holds
    """Return a question about a port; `changes` are to its fields."""
    fields: dict[str, Any] = {
        "question": f"Which port has service {number}?",
        "answer": f"Service {number} listens on port {8000 + number}.",
        "category": "factual",
        "pair": f"{number:016x}",
        "fact": f"{number:016x}",
        "keys": [str(8000 + number)],
        "root": "knowledge",
        "path": "ports.md",
        "siblings": [],
        "kind": "table",
    }
    return ExamRow(**fields | changes)
