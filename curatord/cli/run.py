"""`curatord run`, the daemon in the foreground, and `curatord build`, one pass without a daemon."""

from __future__ import annotations

import faulthandler
import sys
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.status_text import attention, render
from curatord.errors import BusyError, ConfigurationError, ExitCode
from curatord.paths import is_directory, state_directory

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.config import Control, Settings
    from curatord.control.server import ControlServer
    from curatord.control.service import Service


@click.command(short_help="Run the daemon in the foreground.")
@pass_setup
def run(setup: Setup) -> ExitCode:
    """Watch the memory roots and keep store and shards in line with them, until stopped.

    Stops cleanly on Ctrl-C, SIGTERM or `curatord stop`; SIGHUP reads the configuration again. A second daemon on the
    same state directory names the first one and exits with 0.

    Example: curatord --config notes.toml run
    """
    settings = setup.settings()
    if not settings.memory.roots:
        click.echo(f"curatord: no memory roots are configured: name one in {setup.config_file}.", err=True)
    for root in missing_roots(settings):
        click.echo(f"curatord: {root} is not there yet; curatord waits for it.", err=True)
    from curatord.daemon import service  # noqa: PLC0415  what it imports takes a third of a second

    faulthandler.enable()  # a crash, and a watchdog's SIGABRT, leave word on standard error
    state = state_directory(settings.state.dir)
    try:
        service.run(
            setup.config_file,
            settings,
            state,
            lambda daemon: _make_server(daemon, settings.control, state.socket),
            terminal=sys.stderr.isatty(),
        )
    except BusyError as error:
        click.echo(error.message)
    return ExitCode.OK


@click.command(short_help="Make store and shards once, without a daemon.")
@json_option
@pass_setup
def build(setup: Setup, as_json: bool) -> ExitCode:
    """Bring store and shards in line with the memory roots once, in the foreground: for scripts and CI.

    Prints the same summary as `curatord status`. Exits with 4 when something needs you, 5 when a memory root
    is not there, 75 when a daemon runs.

    Example: curatord --config ci.toml build --json
    """
    settings = setup.settings()
    if missing := missing_roots(settings):
        names = ", ".join(str(path) for path in missing)
        raise ConfigurationError(
            f"{setup.config_file}: memory roots that are not there: {names}.", hint="Make them, or name others."
        )
    from curatord.daemon.build import build as build_once  # noqa: PLC0415  see above

    state = state_directory(settings.state.dir)
    status = build_once(setup.config_file, settings, state, show_progress).model_dump(mode="json")
    clear_progress()
    if as_json:
        print_json(status)
    else:
        click.echo(render(status))
    return ExitCode.ATTENTION if attention(status) else ExitCode.OK


def missing_roots(settings: Settings) -> list[Path]:
    """Return the memory roots that are no directories now."""
    return [root.path for root in settings.memory.roots if not is_directory(root.path)]


def _make_server(service: Service, settings: Control, socket_path: Path) -> ControlServer:
    from curatord.control.api import make_app  # noqa: PLC0415  the daemon starts to work before this is imported
    from curatord.control.server import ControlServer  # noqa: PLC0415  see above
    from curatord.control.socket import bind  # noqa: PLC0415  see above

    return ControlServer(make_app(service, settings), bind(socket_path))


def show_progress(left: int) -> None:
    """Say on a terminal how many notes are left to read."""
    if sys.stderr.isatty():
        click.echo(f"\r{left} notes to read \x1b[K", nl=False, err=True)


def clear_progress() -> None:
    """Take that away again."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
