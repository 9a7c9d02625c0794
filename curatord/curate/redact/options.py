"""What of the settings redaction depends on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What becomes of a section that holds a secret: it gives nothing, or placeholders stand in for its secrets."""

    DROP = "drop"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Redaction:
    """What to do with secrets, and what is none; for the form of `allow` see `curatord.curate.redact.allow`."""

    mode: Mode = Mode.DROP
    allow: tuple[str, ...] = ()
