"""A digest of all code and data that decides what curation gives, so that an upgrade reads the notes again by itself.

Kept apart from what it describes: the daemon asks for the digest without importing any of it.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARSING = ("document", "head", "inline", "language", "lines", "markdown", "metadata", "note")
SOURCES = (".py", ".toml")


@cache
def implementation() -> str:
    """Return the sha256, in hex, over the files of this package and of the modules that parse notes."""
    digest = sha256()
    for package, names in (("curatord.curate", None), ("curatord.memory", PARSING)):
        for name, data in sorted(_sources(package, names)):
            digest.update(f"{package}/{name}:{len(data)}:".encode() + data)
    return digest.hexdigest()


def _sources(package: str, names: Sequence[str] | None) -> Iterator[tuple[str, bytes]]:
    directories = [(files(package), "")]
    while directories:
        directory, prefix = directories.pop()
        for entry in directory.iterdir():
            name = prefix + entry.name
            if entry.is_dir() and names is None:
                directories.append((entry, f"{name}/"))
            elif entry.name.endswith(SOURCES) and (names is None or entry.name.removesuffix(".py") in names):
                yield name, entry.read_bytes()
