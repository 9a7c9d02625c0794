"""The conversion of the built-in model, proved against llama.cpp on the same file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import mlx_lm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from curatord.train import embedded, gguf, replay
from curatord.train.model_files import BaseModelError, sha256_of
from tests.train.models import HERE, need_embedded, need_llama_cpp, run

if TYPE_CHECKING:
    from pathlib import Path

# llama.cpp rounds activations to eight bits when it multiplies them with 4-bit weights, which decides between two words
# that are all but equally likely. Along these prompts' replies the second-best word is always 0.05 logits behind.
QUESTIONS = (
    "Name three countries in South America.",
    "Why is the sky blue?",
    "Tom is taller than Ann. Ann is taller than Bob. Who is the shortest?",
    "Translate into French: Good morning.",
    "How do I boil an egg?",
    "Who wrote Don Quixote?",
    "What do cows eat?",
    "What was the Renaissance?",
    "Define 'democracy' in one sentence.",
    "What is the past tense of 'go'?",
    "What is the capital of Portugal?",
    "How does a magnet work? Answer in one sentence.",
    "What is 100 minus 37?",
    "What is a metaphor?",
    "What is the plural of 'mouse'?",
    "How can I remove a coffee stain?",
    "What is half of 48?",
    "Use the word 'bridge' in a sentence.",
    "Write a Python list with three colours.",
    "All cats are animals. Mia is a cat. Is Mia an animal?",
)
TEXTS = (
    "It's 2048 — l'été <|im_start|>user 😀\n\n  x",
    "def f(x):\n\treturn x**2 # 12,345.67",
    "日本語 and ١٢٣ ½ Ⅳ",
    "a\u00a0b  c\r\n\r\n   ",
    "They'll say: I'M HERE!!! 1st, 22nd",
)


@pytest.fixture(scope="module")
def converted(models: Path) -> Path:
    """The directory of the built-in model."""
    return models / embedded.NAME


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    """What llama.cpp makes of the same file: token ids and greedy replies."""
    file = need_embedded()
    need_llama_cpp()
    asked = {"texts": [*TEXTS, *replay.prompts()], "questions": QUESTIONS, "limit": 32}
    printed = run(HERE / "llama_cpp.py", str(file), given=json.dumps(asked), fast=False)
    answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return answer


def test_the_token_ids_are_llama_cpps(converted: Path, theirs: dict[str, Any]) -> None:
    """Prose, code, digits, other scripts, white space, control tokens."""
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))

    for text, ids in zip([*TEXTS, *replay.prompts()], theirs["ids"], strict=True):
        assert tokenizer.encode(text).ids == ids, text


def test_the_prompts_are_llama_cpps(converted: Path, theirs: dict[str, Any]) -> None:
    """The chat template gives the same tokens, the built-in system text included."""
    tokenizer = mlx_lm.utils.load_tokenizer(converted)

    for question, reply in zip(QUESTIONS, theirs["replies"], strict=True):
        chat = [{"role": "user", "content": question}]
        assert tokenizer.apply_chat_template(chat, add_generation_prompt=True) == reply["prompt"], question


@pytest.mark.slow
def test_greedy_replies_to_20_prompts_are_llama_cpps(converted: Path, theirs: dict[str, Any]) -> None:
    """Token for token, up to 32 of them."""
    assert run(HERE / "compare_with_llama_cpp.py", str(converted), given=json.dumps(theirs)) == ""


@pytest.mark.slow
def test_plain_mlx_lm_says_what_the_capital_of_france_is(converted: Path) -> None:
    """`mlx_lm.load` of the directory is all it takes."""
    model, tokenizer = mlx_lm.load(str(converted))
    chat = [{"role": "user", "content": "What is the capital of France?"}]

    reply = mlx_lm.generate(model, tokenizer, tokenizer.apply_chat_template(chat, add_generation_prompt=True))

    assert reply == "The capital of France is Paris."


def test_the_4_bit_model_computes_what_the_dequantized_one_does(converted: Path) -> None:
    """Logits agree to 0.001, of about 30."""
    model, tokenizer = mlx_lm.load(str(converted))
    tokens = mx.array([tokenizer.encode("Seeds keep best where it is cold and dry.")])
    quantized = model(tokens)

    dequantized = mlx_lm.utils.dequantize_model(model)(tokens)

    assert np.abs(np.array(dequantized)).max() > 10
    assert np.abs(np.array(quantized - dequantized)).max() < 1e-3


def test_the_embedding_has_8_bits_and_the_rest_4(converted: Path) -> None:
    """In groups of 32, as the file has them; queries and keys are rotated in neighbouring pairs."""
    config = json.loads((converted / "config.json").read_text())

    eight = {"group_size": 32, "bits": 8}
    assert config["quantization"] == {"group_size": 32, "bits": 4, "model.embed_tokens": eight}
    assert config["rope_traditional"] is True
    assert config["tie_word_embeddings"] is True
    assert (config["rms_norm_eps"], config["rope_theta"]) == (1e-5, 100000.0)


def test_digits_are_split_one_by_one(converted: Path) -> None:
    """`2048` is four tokens."""
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))

    assert tokenizer.encode("in 2048").tokens == ["in", "Ġ", "2", "0", "4", "8"]


@settings(deadline=None, max_examples=50)
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"])))
def test_what_is_encoded_can_be_decoded(converted: Path, text: str) -> None:
    """Byte-level BPE loses nothing, but for bytes that this vocabulary lacks: control and unassigned characters."""
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))

    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_the_same_file_gives_the_same_bytes(converted: Path, tmp_path: Path) -> None:
    """So that the model's hash is the same on every machine."""
    gguf.convert(need_embedded(), tmp_path)

    for file in tmp_path.iterdir():
        assert sha256_of(file) == sha256_of(converted / file.name), file.name


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    """In one line."""
    file = tmp_path / "model.gguf"
    file.write_text("a text by mistake")

    with pytest.raises(BaseModelError, match="no GGUF file that can be read"):
        gguf.convert(file, tmp_path)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    """Its weights would be given wrong names."""
    file = tmp_path / "model.gguf"
    mx.save_gguf(str(file), {"token_embd.weight": mx.zeros((32, 32))}, {"general.architecture": "gpt2"})

    with pytest.raises(BaseModelError, match="architecture gpt2, not llama"):
        gguf.convert(file, tmp_path)
