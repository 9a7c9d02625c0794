"""A snapshot as token rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.store.splits import Part
from curatord.train.dpo import PreferenceRow

if TYPE_CHECKING:
    from curatord.train.rows import Encoder, TokenRow
    from curatord.train.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Dataset:
    """All rows of a run; `too_long` counts those left out because they do not fit."""

    sft_train: list[TokenRow]
    sft_valid: list[TokenRow]
    preference_train: list[PreferenceRow]
    preference_valid: list[PreferenceRow]
    replay: list[TokenRow]
    too_long: int


def encode(snapshot: Snapshot, encoder: Encoder) -> Dataset:
    """Return the rows of a snapshot, in its order."""
    sft_train, sft_valid, replay = (
        encoder.rows((row.question, row.answer) for row in rows)
        for rows in (snapshot.sft(Part.TRAIN), snapshot.sft(Part.VALID), snapshot.replay())
    )
    preference_train, preference_valid = (_preference(snapshot, part, encoder) for part in (Part.TRAIN, Part.VALID))
    every = (sft_train, sft_valid, replay, preference_train, preference_valid)
    return Dataset(
        sft_train=sft_train[0],
        sft_valid=sft_valid[0],
        preference_train=preference_train[0],
        preference_valid=preference_valid[0],
        replay=replay[0],
        too_long=sum(left_out for _, left_out in every),
    )


def _preference(snapshot: Snapshot, part: Part, encoder: Encoder) -> tuple[list[PreferenceRow], int]:
    """Return the pairs both of whose answers fit, and how many do not."""
    kept, left_out = [], 0
    for row in snapshot.preference(part):
        chosen, rejected = encoder.row(row.question, row.chosen), encoder.row(row.question, row.rejected)
        if chosen is None or rejected is None:
            left_out += 1
        else:
            kept.append(PreferenceRow(chosen, rejected))
    return kept, left_out
