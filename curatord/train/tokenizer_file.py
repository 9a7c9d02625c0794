"""The tokenizer of a GGUF file as Hugging Face's files: a byte-level BPE, from the vocabulary and merges in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from curatord.train.model_files import BaseModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONTROL = 3  # of `tokenizer.ggml.token_type`: never met in text, such as <|im_start|>
# How text is cut before merging, by `tokenizer.ggml.pre`: llama.cpp's names, each for a regular expression there.
_SPLITS_DIGITS = {"gpt-2": False, "smollm": True}


def tokenizer(metadata: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer that a GGUF file's metadata describes.

    Raises BaseModelError where it is not a byte-level BPE cut in a way known here.
    """
    kind, cut = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre", "gpt-2")
    if kind != "gpt2" or cut not in _SPLITS_DIGITS:
        raise BaseModelError(f"The GGUF file's tokenizer ({kind}, {cut}) is none that can be converted.")
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    merges = [_pair(merge) for merge in metadata["tokenizer.ggml.merges"]]
    made = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=merges))
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=bool(metadata.get("tokenizer.ggml.add_space_prefix", False)))
    digits = [pre_tokenizers.Digits(individual_digits=True)] if _SPLITS_DIGITS[cut] else []
    made.pre_tokenizer = pre_tokenizers.Sequence([*digits, by_bytes])
    made.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"].tolist()
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL]
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return made


def tokenizer_config(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of `tokenizer_config.json`: special tokens, limits, and the chat template.

    Raises BaseModelError where the file has no chat template.
    """
    template = metadata.get("tokenizer.chat_template")
    if not template:
        raise BaseModelError("The GGUF file has no chat template.", hint="Choose a model made for conversation.")
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    roles = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    special = {
        name: tokens[int(metadata[key])]
        for name, role in roles.items()
        if (key := f"tokenizer.ggml.{role}_token_id") in metadata
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **special,
        "add_bos_token": bool(metadata.get("tokenizer.ggml.add_bos_token", False)),
        "clean_up_tokenization_spaces": False,
        "model_max_length": int(metadata["llama.context_length"]),
        "chat_template": template,
    }


def _pair(merge: str) -> tuple[str, str]:
    first, _, second = merge.partition(" ")
    return first, second
