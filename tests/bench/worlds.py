"""Invented worlds with questions in people's own words: what the model of meanings was fitted to, and is measured on.

A world is a directory: `notes/` with two memory roots, and `questions.jsonl`. Each line of that holds a piece of a note
(`quote`, in one line of the file `note`), the part of it that an answer must hold (`key`), and four `questions` that
ask for it in other words than the note's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from mlx_lm.utils import load_tokenizer

from curatord.config import Settings
from curatord.exam.retrieval import content_words
from curatord.train.dataset import taught
from curatord.train.draw import draw
from curatord.train.rows import Encoder

if TYPE_CHECKING:
    from curatord.train.base_model import BaseModel
    from curatord.train.dataset import Taught

DIRECTORY = Path(__file__).with_name("worlds")
ENOUGH = 0.5  # of the words of a quote or of a statement, whichever has fewer, that both have


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in somebody's own words: the facts that answer it, nearest first, and what it was written for.

    `group` is the same for all questions about one piece of a note; `also_right` are facts that say enough of it to be
    no wrong answer.
    """

    question: str
    facts: tuple[int, ...]
    also_right: frozenset[int]
    quote: str
    note: str
    group: int


@dataclass(frozen=True, slots=True)
class World:
    """What training would teach of a world's notes, and the questions about them."""

    name: str
    facts: list[Taught]
    asked: list[Asked]


def names() -> list[str]:
    """Return the names of all worlds."""
    return sorted(place.name for place in DIRECTORY.iterdir() if place.is_dir())


def read(name: str, base: BaseModel) -> World:
    """Read a world, its notes with the very pipeline that users' notes go through."""
    place = DIRECTORY / name
    facts = _facts(place / "notes", base)
    words = [frozenset(content_words(fact.statement)) for fact in facts]
    asked = []
    for group, line in enumerate((place / "questions.jsonl").read_bytes().splitlines()):
        row = orjson.loads(line)
        answers = _answers(row["quote"], row["key"], facts, words)
        also = _also_right(answers, row["key"], facts)
        asked += [Asked(question, answers, also, row["quote"], row["note"], group) for question in row["questions"]]
    return World(name, facts, asked)


def _answers(quote: str, key: str, facts: list[Taught], words: list[frozenset[str]]) -> tuple[int, ...]:
    """Return the facts that say what a quote says and hold its key, the likest first."""
    quoted, wanted = frozenset(content_words(quote)), _plain(key)
    likeness = {
        number: len(own & quoted) / len(own | quoted)
        for number, (fact, own) in enumerate(zip(facts, words, strict=True))
        if len(own & quoted) >= max(1, ENOUGH * min(len(own), len(quoted))) and wanted in _plain(fact.statement)
    }
    return tuple(sorted(likeness, key=lambda number: (-likeness[number], number)))


def _also_right(answers: tuple[int, ...], key: str, facts: list[Taught]) -> frozenset[int]:
    """Return the facts of the same note that hold the key as well."""
    titles, wanted = {facts[number].title for number in answers}, _plain(key)
    return frozenset(
        number for number, fact in enumerate(facts) if fact.title in titles and wanted in _plain(fact.statement)
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").replace("*", "").casefold().split())


def _facts(notes: Path, base: BaseModel) -> list[Taught]:
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="curatord-world-") as directory:
        state, config = Path(directory, "state"), Path(directory, "curatord.toml")
        roots = "".join(
            f"[[memory.roots]]\npath = {json.dumps(str(notes / kind))}\nkind = {json.dumps(kind)}\n"
            for kind in ("knowledge", "episodes")
        )
        config.write_text(f"[state]\ndir = {json.dumps(str(state))}\n{roots}")
        program = str(Path(sys.executable).with_name("curatord"))
        subprocess.run([program, "--config", str(config), "build"], check=True, capture_output=True)
        snapshot = draw(state / "store.db", state / "snapshot", valid_share=0.0, seed=0)
        encoder = Encoder(
            load_tokenizer(base.path), system=settings.pairs.system, max_tokens=settings.training.max_tokens
        )
        return taught(snapshot, encoder, settings.training.sft, seed=0)
