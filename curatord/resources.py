"""The files that come with curatord: the commented configuration and the sample memory.

In an installed wheel they lie in the package, under `_data/`; in a checkout they lie beside the package.
"""

from __future__ import annotations

from pathlib import Path

from curatord.errors import NotFoundError

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the file or directory that the repository calls `name`, such as `etc/curatord.toml`.

    Raises NotFoundError where this installation lacks it.
    """
    packaged = _PACKAGE / "_data"
    path = (packaged if packaged.is_dir() else _PACKAGE.parent) / name
    if not path.exists():
        raise NotFoundError(
            f"{name} is missing from this installation ({path}).",
            hint="Install curatord again.",
        )
    return path
