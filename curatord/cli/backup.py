"""`curatord backup` and `curatord restore`: all that cannot be made again from the notes, in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from curatord.paths import StateDirectory


@click.command(short_help="Write all that cannot be made again to one file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE where it is there.")
@json_option
@pass_setup
def backup(setup: Setup, file: Path, force: bool, as_json: bool) -> ExitCode:
    """Write store, judgements, history, adapters, records of runs and the configuration to FILE (.tar.gz).

    Works beside a running daemon. FILE is there when it is whole; it holds what your notes say, so keep it private.

    Example: curatord backup ~/backups/curatord-$(date +%F).tar.gz
    """
    if file.exists() and not force:
        raise UsageError(f"{file} is there already.", hint="Name another file, or say --force.")
    from curatord.daemon.backup import back_up  # noqa: PLC0415  keeps the start of other commands fast

    manifest = back_up(setup.peek_state(), setup.config_file, file, _show_progress)
    _clear_progress()
    size = file.stat().st_size
    if as_json:
        found = {"created": manifest.created, "version": manifest.version, "schema": manifest.schema_version}
        print_json({"file": str(file), "bytes": size, "files": len(manifest.files), **found})
    else:
        click.echo(f"{file}: {len(manifest.files)} files, {size} bytes.")
    return ExitCode.OK


@click.command(short_help="Put a backup in place.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the state that is there.")
@json_option
@pass_setup
def restore(setup: Setup, file: Path, force: bool, as_json: bool) -> ExitCode:
    """Put what `curatord backup` wrote to FILE in place, once every byte of it has been verified.

    All of it or nothing: until the end the old state stays beside it. A configuration that is there is left as it is.
    Not beside a running daemon.

    Example: curatord stop && curatord restore curatord.tar.gz --force && curatord start
    """
    from curatord.daemon.backup import restore as restore_state  # noqa: PLC0415  see above

    state = _state(setup, file)
    done = restore_state(state, setup.config_file, file, force=force)
    if as_json:
        told = {"created": done.manifest.created, "version": done.manifest.version, "in_service": done.in_service}
        print_json({"state": str(state.path), "files": len(done.manifest.files), "config": done.config, **told})
        return ExitCode.OK
    click.echo(f"{state.path} is as it was at {done.manifest.created}.")
    if done.config == "written":
        click.echo(f"The configuration was written to {setup.config_file}.")
    elif done.config == "kept":
        click.echo(f"{setup.config_file} is another than that in the backup, and was left as it is.", err=True)
    return ExitCode.OK


def _state(setup: Setup, file: Path) -> StateDirectory:
    """Return the state directory that the configuration names; where there is none, that of the backup counts."""
    if setup.config_file.exists():
        return setup.peek_state()
    from curatord import settings_file  # noqa: PLC0415  see above
    from curatord.daemon.backup import read_config  # noqa: PLC0415  see above
    from curatord.paths import state_directory  # noqa: PLC0415  see above

    data = read_config(file)
    settings = settings_file.parse(data, setup.config_file) if data is not None else None
    return state_directory(settings.state.dir if settings else None)


def _show_progress(done: int, whole: int) -> None:
    if sys.stderr.isatty() and whole:
        click.echo(f"\r{100 * done // whole:>3} % of {whole} bytes \x1b[K", nl=False, err=True)


def _clear_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
