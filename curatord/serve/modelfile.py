"""An Ollama Modelfile for a GGUF file: https://github.com/ollama/ollama/blob/main/docs/modelfile.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlx_lm.utils import load_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

# ChatML: https://github.com/openai/openai-python/blob/v0.28.1/chatml.md
_CHATML = """\
{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}{{ if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ .Response }}<|im_end|>
"""
_TURN = "<|im_start|>{role}\n{content}<|im_end|>\n"
_STOPS = ("<|im_start|>", "<|im_end|>")


def write(file: Path, gguf: str, directory: Path, system: str) -> None:
    """Write a Modelfile for a GGUF file beside it; `directory` holds the tokenizer with its chat template.

    Where the template is not ChatML none is written: Ollama takes the one in the GGUF file where it knows it.
    """
    lines = [f"FROM ./{gguf}"]
    if is_chatml(load_tokenizer(directory)):
        lines += [f"TEMPLATE {_quoted(_CHATML)}", *(f'PARAMETER stop "{stop}"' for stop in _STOPS)]
    if system:
        lines.append(f"SYSTEM {_quoted(system)}")
    lines.append("PARAMETER temperature 0")  # as in the exam
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def is_chatml(tokenizer: Any) -> bool:  # noqa: ANN401  mlx_lm has no types
    """Tell whether a chat template writes conversations as ChatML does."""
    chat = [{"role": "system", "content": "one"}, {"role": "user", "content": "two"}]
    made = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    return bool(made == "".join(_TURN.format(**turn) for turn in chat) + "<|im_start|>assistant\n")


def _quoted(text: str) -> str:
    """Return a text between three quotation marks, which cannot stand in it."""
    safe = text.replace('"""', "'''")
    return f'"""{safe}"""' if not safe.endswith('"') else f'"""{safe} """'
