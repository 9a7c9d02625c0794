"""Exports: the store's pairs as train, valid and test files in the formats other trainers read.

mlx_lm is the strictest reader, and what it needs holds for every format: no empty file, no blank or torn
line, no file with fewer rows than a batch. The same rows give the same bytes, in whatever order they arrive.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from curatord.errors import UsageError
from curatord.store.export_directory import ExportError, Marker, replace_export
from curatord.store.splits import Part, split_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SftRow:
    """A question and its answer; `document` is the identity of the note it came from."""

    document: str
    system: str
    question: str
    answer: str
    category: str


@dataclass(frozen=True, slots=True)
class PreferenceRow:
    """A prompt with the answer to prefer and the one to prefer it over."""

    document: str
    system: str
    prompt: str
    chosen: str
    rejected: str


class Format(StrEnum):
    """The trainer, or the convention, that an export is written for."""

    MLX_LM = "mlx-lm"
    MLX_LM_LORA = "mlx-lm-lora"
    TRL = "trl"
    OPENAI = "openai"
    SHAREGPT = "sharegpt"
    ALPACA = "alpaca"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export; `path` is relative to the export's directory."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that are in no file, and why not: a sentence for the user."""

    rows: int
    reason: str


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export wrote; `categories` counts its questions and answers, the held-out ones aside."""

    format: Format
    out: Path
    files: tuple[ExportedFile, ...]
    categories: tuple[tuple[str, int], ...]
    left_out: tuple[LeftOut, ...]


def export(
    sft: Iterable[SftRow],
    heldout: Iterable[SftRow],
    preference: Iterable[PreferenceRow],
    *,
    format: Format,  # noqa: A002  the word of the command line
    out: Path,
    minimum: int = 4,
) -> ExportSummary:
    """Write the rows to `out` as train.jsonl, valid.jsonl and test.jsonl, replacing a former export whole.

    mlx-lm, sharegpt and alpaca have no form for preference pairs, and their files stand in `out` itself; the
    others have `sft/` and `preference/`, each a data set of its own. A data set is split by document (see
    `split_documents`), but where there are held-out rows, these alone are the test file of the questions and
    answers. A file with fewer than `minimum` rows, the batch size that will be trained with, is not written.

    Raises ExportError with fewer than `minimum` questions and answers, or where `out` holds anything but a
    former export; AccessError where `out` may not be written; UsageError where `minimum` is not positive.
    """
    if minimum < 1:
        raise UsageError(f"A file needs at least 1 row, so the minimum cannot be {minimum}.")
    questions = tuple(sft)
    files, left_out = _render(questions, tuple(heldout), tuple(preference), _SHAPES[format], minimum)
    categories = tuple(sorted(Counter(row.category for row in questions).items()))
    rows = {path: len(lines) for path, lines in files.items()}
    data = {path: b"".join(lines) for path, lines in files.items()}
    replace_export(out, data, Marker(format=format, files=rows, categories=dict(categories)))
    written = (ExportedFile(path, rows[path], len(text), sha256(text).hexdigest()) for path, text in data.items())
    return ExportSummary(format, out, tuple(written), categories, left_out)


def _render(
    sft: tuple[SftRow, ...],
    heldout: tuple[SftRow, ...],
    preference: tuple[PreferenceRow, ...],
    shape: _Shape,
    minimum: int,
) -> tuple[dict[str, list[bytes]], tuple[LeftOut, ...]]:
    """Return the lines of each file, and what is in none of them."""
    if len(sft) < minimum:
        raise ExportError(
            f"There are {len(sft)} question/answer pairs to export, and a file needs at least {minimum}.",
            hint="Add notes and run `curatord sync --wait`, or lower the minimum to a smaller batch size.",
        )
    lines = [_Line(row.document, _encoded(shape.sft(row))) for row in sft]
    parts = _split(lines, minimum, test=not heldout)
    exam = [_encoded(shape.sft(row)) for row in heldout]
    left_out = _too_few("held-out question/answer pairs", len(exam), minimum)
    if exam and not left_out:
        parts[Part.TEST] = exam
    if shape.preference is None:
        return _files("", parts), (*left_out, *_without_form(len(preference)))
    choices = [_Line(row.document, _encoded(shape.preference(row))) for row in preference]
    if few := _too_few("preference pairs", len(choices), minimum):
        return _files("sft/", parts), (*left_out, *few)
    return _files("sft/", parts) | _files("preference/", _split(choices, minimum)), left_out


def _too_few(what: str, rows: int, minimum: int) -> tuple[LeftOut, ...]:
    return (LeftOut(rows, f"{rows} {what}: a file needs at least {minimum}."),) if 0 < rows < minimum else ()


def _without_form(rows: int) -> tuple[LeftOut, ...]:
    return (LeftOut(rows, f"{rows} preference pairs: the format has no form for them."),) if rows else ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A row as it will stand in its file, and the document that decides which file that is."""

    document: str
    text: bytes


def _split(lines: list[_Line], minimum: int, *, test: bool = True) -> dict[Part, list[bytes]]:
    part_of = split_documents(Counter(line.document for line in lines), minimum=minimum, test=test)
    parts: dict[Part, list[bytes]] = {}
    for line in lines:
        parts.setdefault(part_of[line.document], []).append(line.text)
    return parts


def _files(folder: str, parts: Mapping[Part, list[bytes]]) -> dict[str, list[bytes]]:
    # By hash, because mlx_lm takes neighbours as a batch: one note's rows should not fill one.
    return {
        f"{folder}{part}.jsonl": sorted(parts[part], key=lambda line: sha256(line).digest())
        for part in Part
        if part in parts
    }


_LINE_BREAKS = {mark.encode(): f"\\u{ord(mark):04x}".encode() for mark in "\x85\u2028\u2029"}


def _encoded(value: Mapping[str, Any]) -> bytes:
    """Return the value as one line of JSON, in UTF-8, that str.splitlines() does not break either."""
    line = orjson.dumps(value)
    for (
        mark,
        escape,
    ) in _LINE_BREAKS.items():  # JSON allows these three inside strings; Python's splitlines breaks there
        line = line.replace(mark, escape)
    return line + b"\n"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a line of each data set looks like; `preference` is None where the format has no such line."""

    sft: Callable[[SftRow], Mapping[str, Any]]
    preference: Callable[[PreferenceRow], Mapping[str, Any]] | None = None


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _prompt(system: str, question: str) -> list[dict[str, str]]:
    return [_message("system", system), _message("user", question)]


def _chat(row: SftRow) -> Mapping[str, Any]:
    """Chat messages: OpenAI's fine-tuning format, which mlx-lm, mlx-lm-lora and TRL's SFTTrainer read too."""
    return {"messages": [*_prompt(row.system, row.question), _message("assistant", row.answer)]}


def _choice(row: PreferenceRow) -> Mapping[str, Any]:
    """Plain strings, which mlx-lm-lora's `dpo` and `cpo` modes put into the chat template themselves."""
    return {"system": row.system, "prompt": row.prompt, "chosen": row.chosen, "rejected": row.rejected}


def _trl_choice(row: PreferenceRow) -> Mapping[str, Any]:
    """TRL's conversational preference format, with an explicit prompt (its guide "Dataset formats")."""
    return {
        "prompt": _prompt(row.system, row.prompt),
        "chosen": [_message("assistant", row.chosen)],
        "rejected": [_message("assistant", row.rejected)],
    }


def _openai_choice(row: PreferenceRow) -> Mapping[str, Any]:
    """OpenAI's preference fine-tuning format (guide "Direct preference optimization")."""
    return {
        "input": {"messages": _prompt(row.system, row.prompt)},
        "preferred_output": [_message("assistant", row.chosen)],
        "non_preferred_output": [_message("assistant", row.rejected)],
    }


def _sharegpt(row: SftRow) -> Mapping[str, Any]:
    """ShareGPT's turns, as Axolotl, LLaMA-Factory and mlx-tune read them."""
    turns = (("system", row.system), ("human", row.question), ("gpt", row.answer))
    return {"conversations": [{"from": speaker, "value": text} for speaker, text in turns]}


def _alpaca(row: SftRow) -> Mapping[str, Any]:
    """Stanford Alpaca's three keys, and `system` as LLaMA-Factory and Axolotl read it."""
    return {"instruction": row.question, "input": "", "output": row.answer, "system": row.system}


_SHAPES: Mapping[Format, _Shape] = {
    Format.MLX_LM: _Shape(_chat),
    Format.MLX_LM_LORA: _Shape(_chat, _choice),
    Format.TRL: _Shape(_chat, _trl_choice),
    Format.OPENAI: _Shape(_chat, _openai_choice),
    Format.SHAREGPT: _Shape(_sharegpt),
    Format.ALPACA: _Shape(_alpaca),
}
