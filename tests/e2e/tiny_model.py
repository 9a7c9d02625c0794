"""Make a tiny llama with random weights on disk, as mlx_lm loads models: `tiny_model.py TEXT_FILE DIRECTORY`.

Hidden size 64, two layers, a byte-level BPE tokenizer trained on the text, and the ChatML chat template. It
runs as a program of its own so that neither mlx nor the tokenizer's threads live in the process that tests.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import mlx.core as mx
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HIDDEN, FEED_FORWARD, LAYERS, HEADS = 64, 128, 2, 4
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make(text: Path, directory: Path) -> None:
    """Write config.json, model.safetensors, tokenizer.json and tokenizer_config.json."""
    directory.mkdir(parents=True)
    tokenizer = _tokenizer(text)
    tokenizer.save(str(directory / "tokenizer.json"))
    _write_json(
        directory / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "chat_template": CHATML,
        },
    )
    vocabulary = tokenizer.get_vocab_size()
    _write_json(directory / "config.json", _config(vocabulary))
    mx.random.seed(0)
    mx.save_safetensors(str(directory / "model.safetensors"), _weights(vocabulary), metadata={"format": "mlx"})


def _tokenizer(text: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train([str(text)], trainer)
    return tokenizer


def _config(vocabulary: int) -> dict[str, object]:
    return {
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": FEED_FORWARD,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "vocab_size": vocabulary,
        "tie_word_embeddings": True,
    }


def _weights(vocabulary: int) -> dict[str, mx.array]:
    weights = {
        "model.embed_tokens.weight": _normal(vocabulary, HIDDEN),
        "model.norm.weight": mx.ones((HIDDEN,)),
    }
    for layer in (f"model.layers.{number}" for number in range(LAYERS)):
        weights |= {f"{layer}.self_attn.{name}_proj.weight": _normal(HIDDEN, HIDDEN) for name in "qkvo"}
        weights |= {f"{layer}.mlp.{name}_proj.weight": _normal(FEED_FORWARD, HIDDEN) for name in ("gate", "up")}
        weights[f"{layer}.mlp.down_proj.weight"] = _normal(HIDDEN, FEED_FORWARD)
        weights |= {f"{layer}.{name}_layernorm.weight": mx.ones((HIDDEN,)) for name in ("input", "post_attention")}
    return weights


def _normal(rows: int, columns: int) -> mx.array:
    return mx.random.normal((rows, columns), scale=0.02)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2))


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
