"""Exports go through the real mlx_lm: its loader reads them, and its `lora` command trains on them.

mlx_lm is never imported here: that would change YAML loading in the whole test process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from curatord.store.export import Format, PreferenceRow, SftRow, export

HERE = Path(__file__).parent
READS_MESSAGES = (Format.MLX_LM, Format.MLX_LM_LORA, Format.TRL, Format.OPENAI)


def _rows(count: int, question: str = "What does flag {} of the backup tool do?") -> list[SftRow]:
    return [
        SftRow(
            document=f"note-{number // 4}",
            system="Answer from what you know of the user's notes.",
            question=question.format(number),
            answer=f"Flag {number} limits it to {number * 10} kB/s — «naïve»\u2028 and tables\ninclude\rit.",
            category="factual",
        )
        for number in range(count)
    ]


def _choices(count: int) -> list[PreferenceRow]:
    return [
        PreferenceRow(row.document, row.system, row.question, row.answer, "It does something.") for row in _rows(count)
    ]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def _run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make exports of the same rows in every format that mlx_lm reads, and a tiny random model to train."""
    place = tmp_path_factory.mktemp("mlx-lm")
    for form in READS_MESSAGES:
        export(_rows(60), _rows(6, "Say what flag {} is for."), _choices(60), format=form, out=place / form)
    export(_rows(4), [], [], format=Format.MLX_LM, out=place / "smallest")
    text = place / "text.txt"
    text.write_text("\n".join(f"{row.system} {row.question} {row.answer}" for row in _rows(60)))
    made = _run(HERE / "tiny_model.py", text, place / "model", cwd=place)
    assert made.returncode == 0, made.stderr
    return place


@pytest.fixture(scope="module")
def read(workplace: Path) -> dict[str, Any]:
    """Return what mlx_lm's loader found in each export."""
    data = ["mlx-lm", "mlx-lm-lora/sft", "trl/sft", "openai/sft", "smallest"]
    found = _run(HERE / "read_with_mlx_lm.py", "model", *data, cwd=workplace)
    assert found.returncode == 0, found.stderr
    values: dict[str, Any] = json.loads(found.stdout.splitlines()[-1])
    return values


@pytest.mark.parametrize("data", ["mlx-lm", "mlx-lm-lora/sft", "trl/sft", "openai/sft"])
def test_mlx_lm_s_loader_finds_every_row_as_a_chat(read: dict[str, Any], data: str) -> None:
    """All rows arrive, as chats, in three parts; the held-out questions are the test part."""
    train, valid, test = read[data]["rows"]
    assert read[data]["kinds"] == ["ChatDataset"]
    assert (train + valid, test) == (60, 6)
    assert valid >= 4


def test_every_row_has_an_answer_to_train_on(read: dict[str, Any]) -> None:
    """Prompt masking splits a row where the assistant begins to speak, and the answer is whole behind it."""
    found = read["mlx-lm"]
    assert found["prompt"].endswith("<|im_start|>assistant\n")
    assert found["prompt"].startswith("<|im_start|>system\nAnswer from what you know")
    assert "\u2028 and tables\ninclude\rit.<|im_end|>" in found["answer"]
    assert min(min(part) for part in found["tokens"]) > 20


def test_the_smallest_export_is_a_train_file_alone(read: dict[str, Any]) -> None:
    """Four rows are one batch; mlx_lm takes absent valid and test files for empty parts."""
    assert read["smallest"]["rows"] == [4, 0, 0]


def test_mlx_lm_trains_two_iterations_and_measures_the_held_out_questions(workplace: Path) -> None:
    """The command a user would type trains, validates, tests, and leaves an adapter."""
    trained = _lora(workplace, "mlx-lm", "--test")
    assert trained.returncode == 0, trained.stderr
    assert "Test loss" in trained.stdout
    assert all(".lora_" in name for name in _tensors(workplace / "mlx-lm-adapter" / "adapters.safetensors"))


def test_mlx_lm_trains_on_the_smallest_export(workplace: Path) -> None:
    """One batch, no valid and no test file: enough for the default batch size of 4."""
    trained = _lora(workplace, "smallest")
    assert trained.returncode == 0, trained.stderr
    assert _tensors(workplace / "smallest-adapter" / "adapters.safetensors")


def _lora(workplace: Path, data: str, *more: str) -> subprocess.CompletedProcess[str]:
    paths = ("--model", "model", "--data", data, "--adapter-path", f"{data}-adapter")
    sizes = ("--iters", "2", "--batch-size", "4", "--num-layers", "2")
    return _run("-m", "mlx_lm", "lora", "--train", *more, *paths, *sizes, cwd=workplace)


def _tensors(path: Path) -> set[str]:
    """Return the names in a safetensors file: eight bytes of length, then a JSON header."""
    data = path.read_bytes()
    return set(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])) - {"__metadata__"}


def test_preference_rows_are_what_mlx_lm_lora_s_dpo_mode_reads(workplace: Path) -> None:
    """Four strings a row; mlx-lm-lora looks at `chosen` and `rejected` of the first row to tell the kind."""
    for part in ("train", "valid", "test"):
        lines = (workplace / "mlx-lm-lora" / "preference" / f"{part}.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        assert len(rows) >= 4
        assert all(list(row) == ["system", "prompt", "chosen", "rejected"] for row in rows)
        assert all(isinstance(value, str) for row in rows for value in row.values())
