"""Fusing: an adapter that survives is written, one that is rounded away is refused with the figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import mlx.core as mx
import mlx_lm
import numpy as np
import pytest

from curatord.serve import fuse as fusing
from curatord.serve import modelfile
from curatord.serve.fuse import fuse, spread
from curatord.serve.fuse_request import FuseError, Request, run
from tests.serve.world import make_adapter, make_tiny
from tests.train.models import need_llama_cpp

QUESTIONS = [f"What does flag {number} do?" for number in range(4)]
SYSTEM = "Answer from what you know."
LLAMA_CPP = Path(__file__).parents[1] / "train" / "llama_cpp.py"
STRONG, WEAK = 0.6, 0.04


@pytest.fixture(scope="module")
def four_bits(tiny: Path) -> Path:
    """The tiny model in 4 bits, groups of 64."""
    out = tiny.with_name("four-bits")
    mlx_lm.convert(str(tiny), mlx_path=str(out), quantize=True, q_bits=4, q_group_size=64)
    return out


def logits(base: Path, adapter: Path | None = None) -> Any:  # noqa: ANN401  an array of no type known here
    """Return what a model computes for some text."""
    model, tokenizer = mlx_lm.load(str(base), adapter_path=str(adapter) if adapter else None)
    return np.array(model(mx.array([tokenizer.encode("What does flag 3 do?")])).astype(mx.float32))


def test_in_float32_nothing_is_lost(tiny: Path, tmp_path: Path) -> None:
    """The fused model computes what base and adapter do, and is an ordinary model directory."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=STRONG)

    report = fuse(tiny, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM)

    assert report.kept > 0.9999
    assert (report.replies, report.same, report.dequantized, report.gguf) == (4, 4, False, None)
    assert np.abs(logits(report.out) - logits(tiny, adapter)).max() < 1e-4
    assert np.abs(logits(report.out) - logits(tiny)).max() > 0.1
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_strong_adapter_survives_4_bits(four_bits: Path, tmp_path: Path) -> None:
    """It is far larger than what rounding does, and the model stays as small as it was."""
    adapter = make_adapter(tmp_path / "adapter", four_bits, size=STRONG)

    report = fuse(four_bits, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM)

    assert fusing.LEAST_KEPT <= report.kept < 0.9999
    assert json.loads((report.out / "config.json").read_text())["quantization"]["bits"] == 4
    assert not report.dequantized


def test_an_adapter_that_4_bits_round_away_is_refused_with_the_figure(four_bits: Path, tmp_path: Path) -> None:
    """And nothing is left behind."""
    adapter = make_adapter(tmp_path / "adapter", four_bits, size=WEAK)

    with pytest.raises(FuseError, match=r"Fused, -?\d+% of what the adapter does would survive") as caught:
        fuse(four_bits, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM)

    assert "--dequantize" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def test_dequantized_the_same_adapter_survives(four_bits: Path, tmp_path: Path) -> None:
    """All of it; the model is not quantized any more."""
    adapter = make_adapter(tmp_path / "adapter", four_bits, size=WEAK)

    report = fuse(four_bits, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM, dequantize=True)

    assert report.kept > 0.99
    assert report.dequantized
    assert "quantization" not in json.loads((report.out / "config.json").read_text())
    assert np.abs(logits(report.out) - logits(four_bits, adapter)).max() < 1e-3


def test_by_force_a_lost_adapter_is_written_too(four_bits: Path, tmp_path: Path) -> None:
    """The report tells how much is left."""
    adapter = make_adapter(tmp_path / "adapter", four_bits, size=WEAK)

    report = fuse(four_bits, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM, force=True)

    assert report.kept < fusing.LEAST_KEPT
    assert report.out.is_dir()


def test_the_figure_is_1_for_the_adapter_and_0_for_the_base(tiny: Path, tmp_path: Path) -> None:
    """By its definition."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=STRONG)
    nothing = make_adapter(tmp_path / "nothing", tiny, size=0.0)
    as_one = fuse(tiny, adapter, tmp_path / "one", questions=QUESTIONS).out
    as_base = fuse(tiny, nothing, tmp_path / "two", questions=QUESTIONS, force=True).out
    replies = fusing._fuse_into(tmp_path / "three", tiny, adapter, questions=QUESTIONS, system="", dequantize=False)

    assert fusing._compare(as_one, tiny, replies, force=False)[0] == pytest.approx(1, abs=1e-4)
    assert fusing._compare(as_base, tiny, replies, force=True)[0] == pytest.approx(0, abs=1e-4)


def test_an_adapter_that_does_nothing_is_told(tiny: Path, tmp_path: Path) -> None:
    """There is nothing to survive."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=0.0)

    with pytest.raises(FuseError, match="changes nothing"):
        fuse(tiny, adapter, tmp_path / "out", questions=QUESTIONS)


def test_what_is_there_is_not_overwritten(tiny: Path, tmp_path: Path) -> None:
    """Nor is a directory made above it."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=STRONG)

    with pytest.raises(FuseError, match="is there already"):
        fuse(tiny, adapter, adapter, questions=QUESTIONS)
    with pytest.raises(FuseError, match="no directory"):
        fuse(tiny, adapter, tmp_path / "deep" / "out", questions=QUESTIONS)
    with pytest.raises(FuseError, match="no questions"):
        fuse(tiny, adapter, tmp_path / "out", questions=[])


def test_at_most_a_dozen_questions_are_asked_from_all_over_the_exam() -> None:
    """At even distances."""
    assert spread(list("abc"), 12) == list("abc")
    assert spread([str(number) for number in range(100)], 4) == ["0", "25", "50", "75"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model_type": "qwen2"}, "architecture qwen2"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "scaled by llama3"),
        ({"head_dim": 32}, "heads of a size"),
    ],
)
def test_gguf_is_refused_for_what_it_would_garble(
    tiny: Path, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    """Before anything is computed."""
    base = tmp_path / "base"
    base.mkdir()
    config = json.loads((tiny / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | changes))

    with pytest.raises(FuseError, match=told):
        fuse(base, tmp_path / "adapter", tmp_path / "out", questions=QUESTIONS, gguf=True)


def test_gguf_of_a_quantized_model_needs_dequantize(four_bits: Path, tmp_path: Path) -> None:
    """mlx_lm writes no other."""
    with pytest.raises(FuseError, match="quantized model cannot") as caught:
        fuse(four_bits, tmp_path / "adapter", tmp_path / "out", questions=QUESTIONS, gguf=True)
    assert caught.value.hint == "Add --dequantize."


def sharpen(base: Path) -> None:
    """Make the tiny model look at some words more than at others, so that their positions matter."""
    weights = cast("dict[str, mx.array]", mx.load(str(base / "model.safetensors")))
    larger = {name: array * 25 for name, array in weights.items() if "q_proj" in name or "k_proj" in name}
    mx.save_safetensors(str(base / "model.safetensors"), weights | larger, metadata={"format": "mlx"})


@pytest.mark.parametrize("rope_traditional", [False, True])
def test_llama_cpp_says_what_the_fused_model_says(tmp_path: Path, rope_traditional: bool) -> None:
    """Token ids, prompts and greedy replies; for models whose rows are in Hugging Face's order and in llama.cpp's."""
    need_llama_cpp()
    base = make_tiny(tmp_path / "base", max_position_embeddings=512, rope_traditional=rope_traditional)
    sharpen(base)
    adapter = make_adapter(tmp_path / "adapter", base, size=STRONG)
    report = fuse(base, adapter, tmp_path / "out", questions=QUESTIONS, gguf=True)
    texts = ["What does flag 12 do? It's 2048 kB/s.", "<|im_start|>user\nhé 日本<|im_end|>"]
    asked = {"texts": texts, "questions": QUESTIONS, "limit": 12}

    printed = subprocess.run(
        [sys.executable, LLAMA_CPP, str(report.gguf)],
        input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    theirs = json.loads(printed.stdout.splitlines()[-1])

    model, tokenizer = mlx_lm.load(str(report.out))
    assert theirs["ids"] == [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    for question, reply in zip(QUESTIONS, theirs["replies"], strict=True):
        chat = [{"role": "user", "content": question}]
        assert tokenizer.apply_chat_template(chat, add_generation_prompt=True) == reply["prompt"]
        values = model(mx.array([reply["prompt"] + reply["tokens"][:-1]]))[0, len(reply["prompt"]) - 1 :]
        assert mx.argmax(values, axis=-1).tolist() == reply["tokens"]


def test_a_modelfile_tells_ollama_template_system_text_and_stops(tiny: Path, tmp_path: Path) -> None:
    """The template is ChatML, as the model's own is."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=STRONG)

    report = fuse(tiny, adapter, tmp_path / "out", questions=QUESTIONS, system=SYSTEM, ollama=True)

    assert (report.gguf, report.modelfile) == (tmp_path / "out/model.gguf", tmp_path / "out/Modelfile")
    text = (tmp_path / "out/Modelfile").read_text()
    assert text.startswith("FROM ./model.gguf\n")
    assert "{{ if .System }}<|im_start|>system\n{{ .System }}<|im_end|>\n" in text
    assert f'SYSTEM """{SYSTEM}"""\n' in text
    assert 'PARAMETER stop "<|im_end|>"\n' in text


def test_a_template_that_is_not_chatml_is_left_to_ollama(tiny: Path, tmp_path: Path) -> None:
    """It takes the one in the GGUF file."""
    base = tmp_path / "base"
    base.mkdir()
    for file in tiny.iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    config = json.loads((base / "tokenizer_config.json").read_text())
    template = "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}{% endfor %}"
    (base / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": template}))

    modelfile.write(tmp_path / "Modelfile", "model.gguf", base, 'Say """no""".\nAlways "no"')

    text = (tmp_path / "Modelfile").read_text()
    assert "TEMPLATE" not in text
    assert text.count('"""') == 2
    assert "Say '''no'''.\nAlways \"no\"" in text


def request(tiny: Path, tmp_path: Path, **changes: Any) -> Request:  # noqa: ANN401  whatever the request takes
    """Return a request to fuse."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=STRONG)
    given = {"base": str(tiny), "models": tmp_path, "adapter": adapter, "out": tmp_path / "out"}
    return Request(**{**given, "questions": QUESTIONS, "system": SYSTEM, **changes})


def test_a_child_process_does_it(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its report comes back, whatever mlx_lm prints."""
    monkeypatch.setenv("MLX_DISABLE_COMPILE", "1")

    report = run(request(tiny, tmp_path, gguf=True))

    assert report.kept > 0.99
    assert report.gguf is not None
    assert report.gguf.stat().st_size > 10_000


def test_what_the_child_refuses_is_an_error_with_its_hint(tiny: Path, tmp_path: Path) -> None:
    """As if it had been raised here."""
    with pytest.raises(FuseError, match="not the one the adapter was made for") as caught:
        run(request(tiny, tmp_path, sha256="0" * 64))
    assert caught.value.hint == "Bring its files back, or train anew."
