"""`curatord gc`: taking away what is of no use any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.control.running import is_locked
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curatord.daemon.garbage import Garbage


@click.command(short_help="Delete old runs, adapters, and what was left unfinished.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@json_option
@pass_setup
def gc(setup: Setup, dry_run: bool, as_json: bool) -> ExitCode:
    """Delete what is of no use any more, and say how many bytes that frees.

    That is: adapters beyond [exam] keep, ended runs beyond [keeping] runs, weights that runs left beside their kept
    adapters, unfinished files, and caches that nothing has needed for three months. The adapter in service, the one
    before it, and runs that go on are never deleted.

    Example: curatord gc --dry-run
    """
    from curatord.daemon import garbage  # noqa: PLC0415  keeps the start of other commands fast
    from curatord.paths import state_directory  # noqa: PLC0415  see above
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above

    settings = setup.settings()
    state = state_directory(settings.state.dir)
    if not state.path.is_dir():
        found: Sequence[Garbage] = ()
        left: Sequence[Garbage] = ()
    else:
        with Adapters(state).held():  # no adapter is put into service meanwhile
            found = garbage.find(state, settings, is_running=is_locked(state.lock))
            left = () if dry_run else garbage.take_away(found)
    freed = sum(item.bytes for item in found) - sum(item.bytes for item in left)
    if as_json:
        rows = [{"path": str(item.path), "why": item.why, "bytes": item.bytes} for item in found]
        print_json({"dry_run": dry_run, "bytes": freed, "items": rows, "left": [str(item.path) for item in left]})
    else:
        print_table(("path", "why", "bytes"), [(item.path, item.why, item.bytes) for item in found])
        click.echo(f"{freed} bytes {'would be' if dry_run else 'are'} free.", err=True)
    for item in left:
        click.echo(f"curatord: {item.path} could not be deleted. Check its permissions.", err=True)
    return ExitCode.FAILED if left else ExitCode.OK
