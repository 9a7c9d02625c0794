"""An adapter fused into its base: `python -m curatord.serve.fuse`, a Request on standard input, a Report on the output.

A fused model computes W + s·BA once and for all. Where W is kept in 4 bits the sum is rounded to 4 bits again, and a
small update is rounded away. So the fused model, as it lies on disk, is compared with the unfused one along the unfused
one's own greedy replies. With p_base, p_adapter and p_fused the distributions of the next token, and KL the mean
divergence over all tokens of these replies,

    kept = 1 - KL(p_adapter || p_fused) / KL(p_adapter || p_base)

is the share of the adapter's effect that survives: 1 where the fused model says just what the adapter says, 0 where it
is as far from it as the base alone is, less than 0 where it is farther. Less than LEAST_KEPT is refused.
"""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import mlx_lm
from mlx import nn
from mlx.utils import tree_unflatten
from mlx_lm.utils import dequantize_model
from pydantic import ValidationError

from curatord.errors import CuratordError, ExitCode
from curatord.serve import gguf_file, modelfile
from curatord.serve.fuse_request import FuseError, Report, Request
from curatord.store.atomic import TEMPORARY_SUFFIX, flush, publish_directory
from curatord.train import base_model
from curatord.train.backend import choose_compilation
from curatord.train.model_files import CONFIG, read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEAST_KEPT = 0.9
MAX_QUESTIONS = 12  # each token of a reply holds a row over the whole vocabulary
MAX_TOKENS = 40
GGUF = "model.gguf"
MODELFILE = "Modelfile"
_NO_EFFECT = 1e-6  # nats a token; what rounding alone makes


@dataclass(frozen=True, slots=True)
class Reply:
    """A greedy reply of the unfused model: prompt and tokens, and its log-probabilities [tokens, vocabulary]."""

    prompt: list[int]
    tokens: list[int]
    log_probabilities: mx.array


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a model compares with the unfused one: mean divergence in nats a token, and replies that are the same."""

    divergence: float
    same: int


def fuse(  # noqa: PLR0913  they are the command's options
    base: Path,
    adapter: Path,
    out: Path,
    *,
    questions: Sequence[str],
    system: str = "",
    dequantize: bool = False,
    gguf: bool = False,
    ollama: bool = False,
    force: bool = False,
) -> Report:
    """Write the base with the adapter in it as a model directory, which appears as a whole.

    `gguf` adds `model.gguf`, `ollama` that and a Modelfile for it. Raises FuseError where the directory is there, where
    GGUF is asked for and cannot be, and, without `force`, where less than LEAST_KEPT of the adapter survives.
    """
    config = read_json(base / CONFIG)
    gguf = gguf or ollama
    _check(config, out, questions, gguf=gguf, dequantize=dequantize)
    draft = out.with_name(out.name + TEMPORARY_SUFFIX)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        replies = _fuse_into(draft, base, adapter, questions=questions, system=system, dequantize=dequantize)
        kept, same = _compare(draft, base, replies, force=force)
        if gguf:
            gguf_file.write(draft, draft / GGUF)
        if ollama:
            modelfile.write(draft / MODELFILE, GGUF, draft, system)
        _publish(draft, out)
    except OSError as error:
        raise FuseError(f"{out} cannot be written: {error.strerror or error}.", hint="Check the disk.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Report(
        out=out,
        kept=kept,
        replies=len(replies),
        same=same,
        dequantized=dequantize and "quantization" in config,
        gguf=out / GGUF if gguf else None,
        modelfile=out / MODELFILE if ollama else None,
    )


def _check(config: dict[str, Any], out: Path, questions: Sequence[str], *, gguf: bool, dequantize: bool) -> None:
    if out.exists() or out.is_symlink():
        raise FuseError(f"{out} is there already.", hint="Choose another directory.")
    if not out.parent.is_dir():
        raise FuseError(f"There is no directory {out.parent}.", hint="Make it first.")
    if not questions:
        raise FuseError("There are no questions to compare replies on.", hint="Name some with --question.")
    if gguf:
        gguf_file.check(config, dequantize=dequantize)


def _fuse_into(
    draft: Path, base: Path, adapter: Path, *, questions: Sequence[str], system: str, dequantize: bool
) -> list[Reply]:
    """Write the fused model, and return what the unfused one says."""
    model, tokenizer, config = mlx_lm.load(str(base), adapter_path=str(adapter), return_config=True)
    model.eval()
    replies = [_reply(model, tokenizer, prompt) for prompt in _prompts(tokenizer, questions, system)]
    fused = [(name, module.fuse(dequantize=dequantize)) for name, module in model.named_modules() if _has_fuse(module)]
    if not fused:
        raise FuseError(f"The adapter {adapter} has no layer that can be fused.")
    model.update_modules(tree_unflatten(fused))
    if dequantize:
        model = dequantize_model(model)
        config.pop("quantization", None)
        config.pop("quantization_config", None)
    mlx_lm.utils.save(draft, base, model, tokenizer, config, donate_model=False)
    again = mlx_lm.utils.load_tokenizer(draft)
    if _prompts(again, questions, system) != [reply.prompt for reply in replies]:
        raise FuseError("The tokenizer is another one after it was saved.", hint="Fuse with mlx_lm by hand.")
    return replies


def _compare(draft: Path, base: Path, replies: list[Reply], *, force: bool) -> tuple[float, int]:
    """Return the share of the adapter's effect that the model on disk has, and how many replies are the same."""
    fused, alone = (_comparison(directory, replies) for directory in (draft, base))
    if alone.divergence < _NO_EFFECT:
        if not force:
            raise FuseError("The adapter changes nothing in the replies to these questions.", hint="Name others.")
        return 1.0, fused.same
    kept = 1 - fused.divergence / alone.divergence
    if kept < LEAST_KEPT and not force:
        told = f"Fused, {kept:.0%} of what the adapter does would survive (at least {LEAST_KEPT:.0%} must)"
        hint = "Use --dequantize, which keeps all of it and takes more space, or --force."
        raise FuseError(f"{told}; {fused.same} of {len(replies)} replies would be the same.", hint=hint)
    return kept, fused.same


def _comparison(directory: Path, replies: list[Reply]) -> Comparison:
    model, _ = mlx_lm.load(str(directory))
    divergence: Any = 0.0
    tokens = same = 0
    for reply in replies:
        others = _log_probabilities(model, reply.prompt, reply.tokens)
        ours = reply.log_probabilities
        divergence += mx.sum(mx.exp(ours) * (ours - others)).item()
        tokens += len(reply.tokens)
        # A greedy reply is the same where each of its tokens is the likeliest one after those before it.
        same += mx.argmax(others, axis=-1).tolist() == reply.tokens
    return Comparison(divergence / tokens, same)


def _reply(model: nn.Module, tokenizer: Any, prompt: list[int]) -> Reply:  # noqa: ANN401  mlx_lm has no types
    tokens = [int(made.token) for made in mlx_lm.stream_generate(model, tokenizer, prompt, max_tokens=MAX_TOKENS)]
    return Reply(prompt, tokens, _log_probabilities(model, prompt, tokens))


def _log_probabilities(model: nn.Module, prompt: list[int], tokens: list[int]) -> mx.array:
    """Return those of every token at each place of a reply, in float32."""
    logits = model(mx.array([prompt + tokens[:-1]]))[0, len(prompt) - 1 :].astype(mx.float32)
    values: mx.array = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
    mx.eval(values)
    return values


def _prompts(tokenizer: Any, questions: Sequence[str], system: str) -> list[list[int]]:  # noqa: ANN401  see above
    head = [{"role": "system", "content": system}] if system else []
    asked = spread(list(dict.fromkeys(questions)), MAX_QUESTIONS)
    chats = [[*head, {"role": "user", "content": question}] for question in asked]
    return [list(tokenizer.apply_chat_template(chat, add_generation_prompt=True)) for chat in chats]


def spread(items: list[str], most: int) -> list[str]:
    """Return at most so many of the items, at even distances."""
    return [items[len(items) * number // most] for number in range(most)] if len(items) > most else items


def _has_fuse(module: nn.Module) -> bool:
    return hasattr(module, "fuse")


def _publish(draft: Path, out: Path) -> None:
    for path in draft.iterdir():
        with path.open("rb") as file:
            flush(file.fileno())
    publish_directory(draft, out)


def _work(request: Request) -> Report:
    choose_compilation()
    base = base_model.resolve(request.base, request.models)
    if request.sha256 and base.sha256 != request.sha256:
        hint = "Bring its files back, or train anew."
        raise FuseError(f"The base model {base.name} is not the one the adapter was made for.", hint=hint)
    options = request.model_dump(include={"questions", "system", "dequantize", "gguf", "ollama", "force"})
    return fuse(base.path, request.adapter, request.out, **options)


def main() -> int:
    """Do what the request on standard input asks for; an error is the last line on standard error, message TAB hint."""
    try:
        request = Request.model_validate(json.load(sys.stdin))
        with redirect_stdout(sys.stderr):  # mlx_lm prints what it does
            report = _work(request)
    except (CuratordError, ValidationError, json.JSONDecodeError) as error:
        told = error if isinstance(error, CuratordError) else FuseError(f"The request cannot be read: {error}")
        sys.stderr.write(f"{' '.join(told.message.split())}\t{told.hint}\n")
        return ExitCode.FAILED
    sys.stdout.write(report.model_dump_json() + "\n")
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
