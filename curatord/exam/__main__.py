"""The child process of a night: `python -m curatord.exam RUN_DIR [--shrink K]` trains, then examines what it made.

Exit codes and events are those of `python -m curatord.train`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from curatord.train.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.exam.examination import Examination
    from curatord.train.run_directory import RunDirectory
    from curatord.train.run_events import Event


def prepare(run: RunDirectory, tell: Callable[[Event], None], must_stop: Callable[[], bool]) -> Examination:
    """Return the exam that follows the training."""
    from curatord.exam.examination import Examination  # noqa: PLC0415  loads MLX, whose failure belongs into the events

    return Examination(run, tell=tell, must_stop=must_stop)


if __name__ == "__main__":
    sys.exit(main("curatord.exam", prepare))
