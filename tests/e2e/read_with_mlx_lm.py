"""Load data sets with mlx_lm's own loader: `read_with_mlx_lm.py MODEL DATA...` prints what they hold.

It runs as a program of its own because importing mlx_lm changes YAML loading for the whole process.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

from mlx_lm.tuner.datasets import load_dataset
from mlx_lm.utils import load_tokenizer


def read(data: str, tokenizer: Any) -> dict[str, Any]:  # noqa: ANN401  mlx_lm is untyped
    """Return the kind and rows of each part, and the first training row's text after the chat template."""
    parts = load_dataset(Namespace(data=data, train=True, test=False, mask_prompt=True), tokenizer)
    train = parts[0]
    tokens, offset = train.process(train[0])
    return {
        "kinds": sorted({type(part).__name__ for part in parts if part}),
        "rows": [len(part) for part in parts],
        "prompt": tokenizer.decode(tokens[:offset]),
        "answer": tokenizer.decode(tokens[offset:]),
        "tokens": [[len(part.process(part[row])[0]) for row in range(len(part))] for part in parts],
    }


if __name__ == "__main__":
    with_chat_template = load_tokenizer(sys.argv[1])
    print(json.dumps({data: read(data, with_chat_template) for data in sys.argv[2:]}))  # noqa: T201  its output
