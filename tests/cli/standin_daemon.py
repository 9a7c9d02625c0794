"""A real daemon whose runs are trained by a stand-in: `python standin_daemon.py CONFIG [OPTIONS OF THE STAND-IN]`."""

from __future__ import annotations

import sys
from pathlib import Path

from curatord import settings_file
from curatord.cli.run import _make_server
from curatord.daemon import service
from curatord.paths import state_directory

STANDIN = Path(__file__).parents[1] / "daemon" / "standin_train.py"


def main(config: Path, options: list[str]) -> None:
    """Run it until it is told to stop."""
    settings = settings_file.load(config, must_exist=True)
    state = state_directory(settings.state.dir)
    service.run(
        config,
        settings,
        state,
        lambda daemon: _make_server(daemon, settings.control, state.socket),
        train=(sys.executable, str(STANDIN), *options),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
