"""What every command starts from: the configuration file named before it, and what follows from that."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from curatord import paths
from curatord.control.running import is_locked
from curatord.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.config import Settings
    from curatord.control.client import Client
    from curatord.paths import StateDirectory


@dataclass(frozen=True, slots=True)
class Setup:
    """The configuration file that was asked for on the command line, if any."""

    chosen: str | None = None

    @property
    def config_file(self) -> Path:
        """The configuration file in force, whether or not it is there."""
        return paths.config_file(self.chosen)

    @property
    def must_exist(self) -> bool:
        """Whether somebody named the configuration file, so that its absence is a mistake."""
        return bool(self.chosen or os.environ.get("CURATORD_CONFIG"))

    def peek_state(self) -> StateDirectory:
        """Return the state directory, reading no more of the configuration than that.

        Where the file is not even TOML but a daemon still runs on what it says of the state directory, that is it.
        """
        if self.must_exist and not self.config_file.exists():
            raise ConfigurationError(f"There is no configuration file {self.config_file}.", hint="Name another one.")
        try:
            return paths.peek_state_directory(self.config_file)
        except ConfigurationError:
            state = paths.salvage_state_directory(self.config_file)
            if state is None or not is_locked(state.lock):
                raise
            return state

    def client(self) -> Client:
        """Return a client of the daemon."""
        from curatord.control.client import Client  # noqa: PLC0415  40 ms that not every command needs

        return Client(self.peek_state())

    def settings(self) -> Settings:
        """Read and check the whole configuration; a file that was named must exist."""
        from curatord import settings_file  # noqa: PLC0415  pydantic takes 80 ms

        return settings_file.load(self.config_file, must_exist=self.must_exist)


pass_setup = click.make_pass_decorator(Setup)
