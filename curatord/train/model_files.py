"""The files of a model directory: which they are, whether they are whole, what their content hashes to.

Nothing here imports MLX: what the daemon and every command may ask is answered from the files alone.
"""

from __future__ import annotations

import hashlib
import json
import math
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curatord.errors import CuratordError
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = "config.json"
CONVERSION = "conversion.json"  # how a converted model came to be; no part of the model itself
_SUFFIXES = frozenset({".safetensors", ".json", ".model", ".tiktoken", ".jinja", ".txt"})
_BLOCK = 1 << 20
# The header is JSON after its length in eight bytes; the format's own limit. https://github.com/huggingface/safetensors
_MAX_HEADER = 100_000_000


class BaseModelError(CuratordError):
    """The base model cannot be used."""


def models_directory(configured: Path | None) -> Path:
    """Return where base models are kept: what `[training] models` says, or the platform's cache directory."""
    if configured is not None:
        return configured
    from platformdirs import user_cache_path  # noqa: PLC0415  25 ms that most commands need not spend

    return user_cache_path("curatord") / "models"


def model_files(directory: Path) -> list[Path]:
    """Return the files that make up a model, by name: weights, configuration, tokenizer, chat template."""
    files = (path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    return sorted((path for path in files if path.name != CONVERSION), key=lambda path: path.name)


def read_json(file: Path) -> dict[str, Any]:
    """Return the object that a JSON file of a model holds.

    Raises BaseModelError where it is missing or damaged.
    """
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise BaseModelError(f"{file} is missing.", hint="Choose the directory of an MLX model.") from error
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{file} cannot be read: {error}.", hint="Fetch the model again.") from error
    if not isinstance(content, dict):
        raise BaseModelError(f"{file} is damaged: it holds no JSON object.", hint="Fetch the model again.")
    return content


def tensors(directory: Path) -> dict[str, dict[str, Any]]:
    """Return the dtype and shape of every tensor in `model*.safetensors`, as their headers tell them.

    Raises BaseModelError where there is no such file, or one is damaged or cut short, or one of the index is missing.
    """
    files = sorted(directory.glob("model*.safetensors"))
    if not files:
        hint = "Choose the directory of an MLX model; `mlx_lm.convert` makes one."
        raise BaseModelError(f"{directory} holds no model*.safetensors.", hint=hint)
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        found.update(_tensors_of(file))
    index = directory / "model.safetensors.index.json"
    if index.exists() and (missing := set(read_json(index).get("weight_map", {})) - set(found)):
        raise BaseModelError(
            f"{directory} is incomplete: {len(missing)} of its weights are missing.", hint="Fetch the model again."
        )
    return found


def count_weights(directory: Path) -> int:
    """Return the number of weights of a model, quantized ones counted singly."""
    quantization = read_json(directory / CONFIG).get("quantization") or {}
    found = tensors(directory)
    total = 0
    for name, tensor in found.items():
        layer, _, leaf = name.rpartition(".")
        if leaf == "scales":
            total += math.prod(tensor["shape"]) * int((quantization.get(layer) or quantization).get("group_size", 64))
        elif f"{layer}.scales" not in found:
            total += math.prod(tensor["shape"])
    return total


def packaged_file(package: str, pattern: str) -> Path | None:
    """Return the first file of an installed package that a pattern fits, None where it is not there.

    It is found by what pip has noted; the package is not imported. Raises PackageNotFoundError where there is no such
    package.
    """
    listed = (Path(str(file.locate())) for file in files(package) or [] if file.match(pattern))
    return next((path for path in listed if path.is_file()), None)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def file_digests(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a model by its name."""
    return {file.name: sha256_of(file) for file in model_files(directory)}


def model_digest(directory: Path, models: Path) -> str:
    """Return one SHA-256 over the names and contents of a model's files.

    It is kept below `models` with the files' sizes and times, and computed anew only when one of those has changed.
    """
    stamps = [
        [file.name, file.stat().st_size, file.stat().st_mtime_ns, file.stat().st_ino] for file in model_files(directory)
    ]
    place = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:32]
    memo = models / "digests" / f"{place}.json"
    if (known := _read_memo(memo)) and known.get("files") == stamps:
        return str(known["sha256"])
    digest = combined(file_digests(directory))
    memo.parent.mkdir(parents=True, exist_ok=True)
    write_file(memo, json.dumps({"files": stamps, "sha256": digest}).encode())
    return digest


def combined(digests: dict[str, str]) -> str:
    """Return one SHA-256 for the digests of several files."""
    lines = (f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _read_memo(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None  # what is not there, or was written by a broken disk, is computed again
    return content if isinstance(content, dict) else None


def _tensors_of(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    damaged = BaseModelError(f"{file} is damaged or cut short.", hint="Fetch the model again.")
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 0 < length <= _MAX_HEADER:
            raise damaged
        try:
            header = json.loads(stream.read(length))
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged from error
    if file.stat().st_size != 8 + length + end:
        raise damaged
    yield from entries.items()
