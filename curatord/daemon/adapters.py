"""The adapters that runs have made: one directory each below `adapters/`, never changed once it is there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from curatord.errors import CuratordError
from curatord.store.atomic import TEMPORARY_SUFFIX, flush, publish_directory
from curatord.train.adapter_files import WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory


def keep_adapter(run: RunDirectory, adapters: Path) -> Path:
    """Copy the adapter of a finished run to `adapters/ID`, whole and durable, and return that directory.

    The record of its exam comes with it, where it sat one. It may be there already. Raises CuratordError where the run
    has no adapter or the disk does not take it.
    """
    kept = adapters / run.id
    if kept.exists():
        return kept
    made = run.examined if run.examined.is_dir() else run.adapter
    if not (made / WEIGHTS).is_file():
        raise CuratordError(f"the run ended without an adapter in {run.adapter}")
    draft = adapters / f"{run.id}{TEMPORARY_SUFFIX}"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        adapters.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copytree(made, draft)
        for path in draft.iterdir():
            with path.open("rb") as file:
                flush(file.fileno())
            path.chmod(0o444)
        publish_directory(draft, kept)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise CuratordError(f"the adapter cannot be kept in {kept}: {error.strerror}") from error
    return kept
