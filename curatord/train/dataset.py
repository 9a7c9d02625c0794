"""A snapshot as token rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curatord.curate.text import words
from curatord.store.splits import Part
from curatord.train.dpo import PreferenceRow
from curatord.train.wording import brief, by_answer, worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from curatord.config import Sft, Training
    from curatord.train.rows import Encoder, TokenRow
    from curatord.train.snapshot import PreferenceRow as SnapshotRow
    from curatord.train.snapshot import SftRow, Snapshot


@dataclass(frozen=True, slots=True)
class Dataset:
    """All rows of a run; `too_long` counts those left out because they do not fit."""

    sft_train: list[TokenRow]
    sft_valid: list[TokenRow]
    preference_train: list[PreferenceRow]
    preference_valid: list[PreferenceRow]
    replay: list[TokenRow]
    too_long: int


@dataclass(frozen=True, slots=True)
class Taught:
    """A fact as it is taught: its note's title, the headings above it, its statement, the questions it answers."""

    title: str
    heading: tuple[str, ...]
    statement: str
    questions: tuple[str, ...]


def encode(snapshot: Snapshot, encoder: Encoder, settings: Training, seed: int) -> Dataset:
    """Return the rows of a snapshot, worded as `settings` ask for.

    Where nothing holds the model to its base on replay rows (`kl` is 0), they are learned like the others.
    """
    sft_train = encoder.rows((row.question, row.answer) for row in _worded(snapshot, encoder, settings.sft, seed))
    sft_valid = encoder.rows((row.question, brief(row.answer)) for row in snapshot.sft(Part.VALID))
    replay = encoder.rows((row.question, row.answer) for row in snapshot.replay())
    preference_train, preference_valid = (
        preferences(snapshot.preference(part), encoder) for part in (Part.TRAIN, Part.VALID)
    )
    beside = settings.replay.kl > 0
    every = (sft_train, sft_valid, replay, preference_train, preference_valid)
    return Dataset(
        sft_train=sft_train[0] if beside else [*sft_train[0], *replay[0]],
        sft_valid=sft_valid[0],
        preference_train=preference_train[0],
        preference_valid=preference_valid[0],
        replay=replay[0] if beside else [],
        too_long=sum(left_out for _, left_out in every),
    )


def taught(snapshot: Snapshot, encoder: Encoder, settings: Sft, seed: int) -> list[Taught]:
    """Return what training teaches: every fact with its questions."""
    return [
        Taught(rows[0].title, tuple(rows[0].heading), answer, tuple(row.question for row in rows))
        for answer, rows in by_answer(_worded(snapshot, encoder, settings, seed)).items()
    ]


def _worded(snapshot: Snapshot, encoder: Encoder, settings: Sft, seed: int) -> Iterator[SftRow]:
    """Yield what is asked in training and answered; never a question of the exam, which chance might hit upon."""
    rows = list(snapshot.sft(Part.TRAIN))
    lengths = {answer: encoder.length(brief(answer)) for answer in {row.answer for row in rows}}
    reserved = {words(row.question) for row in snapshot.test()}
    for row in worded(rows, lengths, settings, seed):
        if words(row.question) not in reserved:
            yield row


def preferences(rows: Iterable[SnapshotRow], encoder: Encoder) -> tuple[list[PreferenceRow], int]:
    """Return the pairs both of whose answers fit, worded as in training, and how many do not."""
    kept, left_out = [], 0
    for row in rows:
        chosen, rejected = (encoder.row(row.question, brief(answer)) for answer in (row.chosen, row.rejected))
        if chosen is None or rejected is None:
            left_out += 1
        else:
            kept.append(PreferenceRow(chosen, rejected))
    return kept, left_out
