"""How another process calls this very program on the same configuration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curatord.cli.setup import Setup


def program(setup: Setup) -> tuple[str, ...]:
    """Return the words that a `curatord` command begins with, wherever and in whatever environment it is run.

    They name the interpreter by its absolute path. `-P` keeps it from importing what lies in the working directory,
    which may be a memory root; the configuration file is named unless it is the one in the usual place.
    """
    chosen = ("--config", str(setup.config_file)) if setup.must_exist else ()
    return (sys.executable, "-P", "-m", "curatord", *chosen)
