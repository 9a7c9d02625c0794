"""The exam is sat by the tiny model of the training tests."""

from __future__ import annotations

from tests.train.conftest import notes, tiny_directory

__all__ = ["notes", "tiny_directory"]
