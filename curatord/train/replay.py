"""Replay against forgetting: the base model's own answers to general prompts, to be mixed into what is taught.

Experience replay as in Rolnick et al., arXiv:1811.11682; the base's own answers make it self-distillation, as in Yang
et al., arXiv:2402.13669. The prompts are bundled, and written for this: of many subjects and forms, and in two
languages, because a few of one kind hold nothing but that kind.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import asdict
from importlib.resources import files
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from curatord.store.atomic import write_file
from curatord.train import backend, base_model
from curatord.train.snapshot import ReplayRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from curatord.train.base_model import BaseModel

MAX_TOKENS = 48
# Prompts answered at once. A batch is always made of the same prompts, so that its rounding is the same, too.
BATCH = 32
# Raise it when rows come out differently from the same prompts.
VERSION = 1
# Not the full stop after a number: in a list, that is where an entry begins.
_SENTENCE_END = re.compile(r"(?<!\d)[.!?](?=\s|$)|\n")


def prompts() -> list[str]:
    """Return the bundled prompts; any first few are of as many subjects as can be."""
    content = (files("curatord.train") / "replay_prompts.toml").read_text(encoding="utf-8")
    subjects: dict[str, list[str]] = tomllib.loads(content)
    turns = zip_longest(*subjects.values())
    return [prompt for prompt in chain.from_iterable(turns) if prompt is not None]


def replay_rows(base: BaseModel, models: Path, count: int, *, loaded: tuple[Any, Any] | None = None) -> list[ReplayRow]:
    """Return the first `count` rows, or as many as there are.

    The base answers greedily, in at most 48 tokens; an answer cut off there is kept up to its last whole sentence, and
    a prompt without such an answer gives no row. Answers are kept below `models` for each base and list of prompts, and
    only those not asked for before are computed. `loaded` is the base's model and tokenizer where they are loaded, and
    the model says what the base says.
    """
    asked = prompts()
    key = hashlib.sha256("\n".join([*map(str, (VERSION, MAX_TOKENS, BATCH)), base.sha256, *asked]).encode()).hexdigest()
    file = models / "replay" / f"{key[:32]}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        answers = _read(file)
        while len(_rows(answers)) < count and len(answers) < len(asked):
            loaded = loaded or _load(base)
            batch = asked[len(answers) : len(answers) + BATCH]
            answers += [_row(prompt, *made) for prompt, made in zip(batch, answer(*loaded, batch), strict=True)]
            write_file(file, b"".join(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n" for row in answers))
    return _rows(answers)[:count]


def _read(file: Path) -> list[ReplayRow]:
    """Return the answers kept, an empty one where a prompt gave none."""
    try:
        return [ReplayRow(**json.loads(line)) for line in file.read_bytes().splitlines()]
    except (FileNotFoundError, ValueError, TypeError):  # what a broken disk made of it is computed again
        return []


def _row(prompt: str, text: str, tokens: int) -> ReplayRow:
    return ReplayRow(prompt, whole_sentences(text) if tokens == MAX_TOKENS else text.strip())


def _rows(answers: Sequence[ReplayRow]) -> list[ReplayRow]:
    return [row for row in answers if row.answer]


def _load(base: BaseModel) -> tuple[Any, Any]:
    return base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base)))


def answer(model: Any, tokenizer: Any, batch: Sequence[str]) -> list[tuple[str, int]]:  # noqa: ANN401  mlx_lm has no types
    """Return what the model answers to each prompt of a batch, greedily, and in how many tokens."""
    from mlx_lm import batch_generate  # noqa: PLC0415  nobody needs it whose answers are all kept

    chats = [[{"role": "user", "content": prompt}] for prompt in batch]
    tokens = [tokenizer.apply_chat_template(chat, add_generation_prompt=True) for chat in chats]
    reply = batch_generate(
        model, tokenizer, tokens, max_tokens=MAX_TOKENS, completion_batch_size=len(batch), return_token_ids=True
    )
    return [(text, len(made)) for text, made in zip(reply.texts, reply.token_ids, strict=True)]


def whole_sentences(text: str) -> str:
    """Return a text that was cut off up to the end of its last whole sentence or line; nothing where it has none."""
    end = max((found.end() for found in _SENTENCE_END.finditer(text)), default=0)
    return text[:end].strip()
