"""Whether our greedy replies are llama.cpp's: `compare_with_llama_cpp.py MODEL`, its answers on standard input.

By induction, a reply is our greedy one where each of its tokens is the likeliest after those before it; one pass over
prompt and reply tells that for all of them. Writes a line for each reply that is not, with the place and both tokens.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlx.core as mx
import numpy as np

from curatord.train import base_model


def main(directory: str) -> None:
    """Compare every reply."""
    base = base_model.BaseModel("compared", Path(directory), "", base_model.Source.DIRECTORY)
    model, _ = base_model.load(base, dtype="float32")
    for reply in json.load(sys.stdin)["replies"]:
        prompt, tokens = reply["prompt"], reply["tokens"]
        logits = model(mx.array([prompt + tokens[:-1]]))[0, len(prompt) - 1 :]
        likeliest = np.array(mx.argmax(logits, axis=-1))
        for place, (ours, theirs) in enumerate(zip(likeliest, tokens, strict=True)):
            if ours != theirs:
                sys.stdout.write(f"{reply['text']!r}: token {place} is {theirs}, ours {ours}\n")


if __name__ == "__main__":
    main(sys.argv[1])
