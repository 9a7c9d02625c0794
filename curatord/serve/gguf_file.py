"""A fused model as a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.

Names, order of rows and numbers are `mlx_lm.gguf`'s. It writes every tokenizer as SentencePiece's, though, which makes
nonsense of a byte-level BPE; that one is described here as llama.cpp wants it. And it permutes the rows of queries and
keys, which models that rotate neighbouring pairs (the built-in one) have in llama.cpp's order already.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import mlx.core as mx
from mlx_lm import gguf
from mlx_lm.utils import load_tokenizer

from curatord.serve.fuse_request import FuseError
from curatord.train.model_files import CONFIG, read_json

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURES = ("llama", "mistral", "mixtral")
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5  # `tokenizer.ggml.token_type`
_LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def check(config: dict[str, Any], *, dequantize: bool) -> None:
    """Raise FuseError where a model of this configuration cannot be written as GGUF."""
    kind = config.get("model_type")
    if kind not in ARCHITECTURES:
        hint = f"mlx_lm writes {', '.join(ARCHITECTURES)}; leave out --gguf and --ollama."
        raise FuseError(f"A model of the architecture {kind} cannot be written as GGUF.", hint=hint)
    if config.get("quantization") and not dequantize:
        raise FuseError("A quantized model cannot be written as GGUF.", hint="Add --dequantize.")
    scaling = config.get("rope_scaling") or {}
    if (how := scaling.get("type") or scaling.get("rope_type")) not in {None, "default", "linear"}:
        raise FuseError(f"Positions scaled by {how} cannot be written as GGUF.", hint=_LLAMA_CPP)
    size = config["hidden_size"] // config["num_attention_heads"]
    if config.get("head_dim") not in {None, size}:
        raise FuseError("Attention heads of a size of their own cannot be written as GGUF.", hint=_LLAMA_CPP)


def write(directory: Path, file: Path) -> None:
    """Write the model of a directory, which is not quantized, with its chat template.

    Raises FuseError where llama.cpp would read something else.
    """
    config = _completed(read_json(directory / CONFIG))
    weights: dict[str, mx.array] = {}
    for shard in sorted(directory.glob("model*.safetensors")):
        weights |= cast("dict[str, mx.array]", mx.load(str(shard)))
    if any(name.endswith("_proj.bias") for name in weights):
        raise FuseError("Attention with biases cannot be written as GGUF.", hint=_LLAMA_CPP)
    tokens = next(array.shape[0] for name, array in weights.items() if name.endswith("embed_tokens.weight"))
    metadata = _metadata(directory, config, tokens)
    mx.save_gguf(str(file), {_name(name): _array(name, array, config) for name, array in weights.items()}, metadata)


_LLAMA_CPP = "Convert the fused directory with llama.cpp's convert_hf_to_gguf.py."


def _completed(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with what mlx_lm takes from it in one place, however it was written."""
    theta = config.get("rope_theta") or (config.get("rope_parameters") or {}).get("rope_theta")
    heads = config["num_attention_heads"]
    known = {"num_key_value_heads": heads, "max_position_embeddings": 2048, **config}
    return known | ({"rope_theta": theta} if theta else {})


def _name(name: str) -> str:
    return str(gguf.translate_weight_names(name))


def _array(name: str, array: mx.array, config: dict[str, Any]) -> mx.array:
    if not config.get("rope_traditional"):
        heads, key_heads = config["num_attention_heads"], config["num_key_value_heads"]
        if name.endswith("self_attn.q_proj.weight"):
            array = gguf.permute_weights(array, heads, heads)
        elif name.endswith("self_attn.k_proj.weight"):
            array = gguf.permute_weights(array, heads, key_heads)
    if "norm" in name or array.dtype == mx.float32:
        return mx.contiguous(array.astype(mx.float32))
    return mx.contiguous(array.astype(mx.float32).astype(mx.float16))  # GGUF's writer knows no bfloat16


def _metadata(directory: Path, config: dict[str, Any], tokens: int) -> dict[str, Any]:
    wrapped = load_tokenizer(directory)
    tokenizer = wrapped._tokenizer  # noqa: SLF001  the tokenizers library's view is what llama.cpp's is like
    described = json.loads((directory / "tokenizer.json").read_bytes())
    model = described["model"]
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        vocabulary = gguf.HfVocab.load(directory)
        metadata: dict[str, Any] = gguf.prepare_metadata(config, vocabulary)
    else:
        listed = _tokens(described, tokens)
        vocabulary = SimpleNamespace(tokenizer=tokenizer, vocab_size=tokens, all_tokens=lambda: listed)
        metadata = gguf.prepare_metadata(config, vocabulary)
        metadata |= {
            "tokenizer.ggml.model": "gpt2",
            "tokenizer.ggml.pre": _cut(described.get("pre_tokenizer") or {}),
            "tokenizer.ggml.merges": [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]],
            "tokenizer.ggml.add_bos_token": mx.array(tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id),
        }
        del metadata["tokenizer.ggml.scores"]
    kinds = metadata["tokenizer.ggml.token_type"].astype(mx.int32)  # llama.cpp refuses mlx_lm's unsigned ones
    template = wrapped.chat_template or tokenizer.chat_template
    return metadata | {"tokenizer.ggml.token_type": kinds, "tokenizer.chat_template": template}


def _tokens(described: dict[str, Any], size: int) -> list[tuple[str, float, SimpleNamespace]]:
    """Return every token with its kind in the order of their numbers, as many as the embedding has rows."""
    kinds = {number: (token, _NORMAL) for token, number in described["model"]["vocab"].items()}
    for added in described.get("added_tokens", []):
        kinds[added["id"]] = (added["content"], _CONTROL if added["special"] else _USER_DEFINED)
    if max(kinds) >= size:
        raise FuseError("The tokenizer has tokens that the model has no weights for.")
    listed = (kinds.get(number, (f"[PAD{number}]", _UNUSED)) for number in range(size))
    return [(token, 0.0, SimpleNamespace(value=kind)) for token, kind in listed]


def _cut(pre_tokenizer: dict[str, Any]) -> str:
    """Return llama.cpp's name for how text is cut before merging."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    match [(step.get("type"), step) for step in steps]:
        case [("ByteLevel", _)]:
            return "gpt-2"
        case [("Digits", {"individual_digits": True}), ("ByteLevel", _)]:
            return "smollm"
        case [("Split", {"pattern": {"Regex": regex}}), ("ByteLevel", _)] if regex == _LLAMA_3:
            return "llama-bpe"
    raise FuseError("The tokenizer cuts text in a way that cannot be written as GGUF.", hint=_LLAMA_CPP)
