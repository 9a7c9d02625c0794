"""The questions that a run teaches with besides the store's: written by the base itself, checked, and kept.

What was written for a statement is kept in the state directory, so that a night writes for what is new alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from curatord.curate.text import words
from curatord.store.atomic import write_file
from curatord.store.splits import Part
from curatord.train import lora
from curatord.train.question_drawing import draw
from curatord.train.question_writer import Note, encoder_for, teach, writer_key
from curatord.train.snapshot import WrittenRow
from curatord.train.wording import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from curatord.train.job import Learner
    from curatord.train.snapshot import Snapshot

EACH = 2  # lists of five drawn for a statement; some questions are alike, some of no use
AT_ONCE = 256  # statements between two times that what was written is kept
FEWEST_WORDS, MOST_WORDS = 3, 22
_ASKS = frozenset(
    """
what which who whom whose when where why how is are was were does do did can could should would will must may has have
had tell in at on for from to by of the a an if under with about
""".split()  # noqa: SIM905  a list of words reads better as text
)


def question_rows(
    snapshot: Snapshot, learner: Learner, models: Path, directory: Path, seed: int, must_stop: Callable[[], bool]
) -> list[WrittenRow] | None:
    """Return the questions for the facts that a snapshot teaches in English; None where it was asked to stop."""
    rows = {row.answer: row for row in snapshot.sft(Part.TRAIN) if row.language == "en"}
    notes = {answer: Note(row.title, brief(answer)) for answer, row in rows.items()}
    found = _written(learner, list(notes.values()), models, directory, seed, must_stop)
    if found is None:
        return None
    reserved = frozenset(row.question.lower() for row in snapshot.test())
    return [
        WrittenRow(answer, questions)
        for answer, note in notes.items()
        if (questions := sound(found[note], note, rows[answer].keys, reserved))
    ]


def sound(questions: Iterable[str], note: Note, keys: Collection[str], reserved: Collection[str]) -> list[str]:
    """Return the questions that ask for what a note says, each once.

    A question must share a word with the note, must not hold the key of its answer, and must not be one of `reserved`,
    which are those of the exam, in lower case.
    """
    told = frozenset(words(note.prompt)) - _ASKS
    found: dict[str, str] = {}
    for question in questions:
        low = question.lower()
        own = words(low)
        is_question = question.endswith("?") and "\n" not in question and FEWEST_WORDS <= len(own) <= MOST_WORDS
        gives_away = any(key.lower() in low for key in keys if len(key) > 1 or key.isdigit())
        if is_question and told.intersection(own) and not gives_away and low not in reserved:
            found.setdefault(" ".join(own), question)
    return list(found.values())


def _written(
    learner: Learner, notes: Sequence[Note], models: Path, directory: Path, seed: int, must_stop: Callable[[], bool]
) -> dict[Note, list[str]] | None:
    """Return what the base asks of each note; None where it was asked to stop.

    The learner's LoRA updates must be zero, and are again afterwards.
    """
    file = directory / f"{writer_key(learner)}.jsonl"
    kept = _read(file)
    wanted = list(dict.fromkeys(note for note in notes if _hash(note) not in kept))
    untrained = lora.trainable(learner.model)
    try:
        if wanted and not teach(learner, models, must_stop):
            return None
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            drawn = _drawn(learner, some, seed, must_stop)
            if drawn is None:
                return None
            kept |= {_hash(note): questions for note, questions in zip(some, drawn, strict=True)}
            _write(file, kept)
    finally:
        lora.restore(learner.model, untrained)
    _write(file, {_hash(note): kept[_hash(note)] for note in notes})  # what no note says any more is forgotten
    return {note: kept[_hash(note)] for note in notes}


def _drawn(learner: Learner, notes: Sequence[Note], seed: int, must_stop: Callable[[], bool]) -> list[list[str]] | None:
    encoder = encoder_for(learner)
    prompts = [encoder.prompt(note.prompt) for note in notes]
    end = learner.tokenizer.eos_token_id
    drawn = draw(learner.model, prompts, EACH, end=end, seed=seed, must_stop=must_stop)
    if drawn is None:
        return None
    texts = [[learner.tokenizer.decode(tokens) for tokens in lanes] for lanes in drawn]
    return [[line.strip() for text in lists for line in text.splitlines()] for lists in texts]


def _hash(note: Note) -> str:
    return hashlib.sha256(note.prompt.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _read(file: Path) -> dict[str, list[str]]:
    try:
        return dict(orjson.loads(line) for line in file.read_bytes().splitlines())
    except (FileNotFoundError, ValueError, TypeError):  # what a broken disk made of it is written again
        return {}


def _write(file: Path, kept: dict[str, list[str]]) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_file(file, b"".join(orjson.dumps(entry) + b"\n" for entry in sorted(kept.items())))
