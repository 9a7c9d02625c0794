"""What a base model says to a run's exam questions before and after training: `exam_answers.py RUN_DIR ADAPTER`.

Asked are those whose answer can be told right by its keys. One JSON array is printed, of {question, answer, keys,
before, after}. It is a process of its own because MLX must start in the environment that training has.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlx_lm import batch_generate
from mlx_lm.tuner.utils import load_adapters

from curatord.train import backend, base_model
from curatord.train.rows import Encoder
from curatord.train.run_directory import RunDirectory
from curatord.train.snapshot import ExamRow, open_snapshot

if TYPE_CHECKING:
    from mlx import nn

MOST_TOKENS = 48


def main() -> int:
    """Answer every exam question of the run that the command line names, without its adapter and with it."""
    run, adapter = RunDirectory(Path(sys.argv[1])), Path(sys.argv[2])
    request = run.request()
    backend.choose_compilation()
    base = base_model.resolve(request.training.base, request.models)
    model, tokenizer = base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base)))
    encoder = Encoder(tokenizer, system=request.system, max_tokens=request.training.max_tokens)
    rows = [row for row in open_snapshot(run.snapshot).test() if is_decisive(row)]
    prompts = [list(encoder.prompt(row.question)) for row in rows]
    before = answers(model, tokenizer, prompts)
    after = answers(load_adapters(model, str(adapter)), tokenizer, prompts)
    told = [
        {"question": row.question, "answer": row.answer, "keys": row.keys, "before": first, "after": second}
        for row, first, second in zip(rows, before, after, strict=True)
    ]
    sys.stdout.write(json.dumps(told, ensure_ascii=False))
    return 0


def is_decisive(row: ExamRow) -> bool:
    """Tell whether the keys alone show that an answer is right: no guess hits them, the question gives none away."""
    telling = bool(row.keys) and all(len(key) > 1 for key in row.keys)
    return telling and not any(key.casefold() in row.question.casefold() for key in row.keys)


def answers(model: nn.Module, tokenizer: Any, prompts: list[list[int]]) -> list[str]:  # noqa: ANN401  mlx_lm has no types
    """Return what the model says to each prompt, its likeliest token at every place."""
    return [text.strip() for text in batch_generate(model, tokenizer, prompts, max_tokens=MOST_TOKENS).texts]


if __name__ == "__main__":
    sys.exit(main())
