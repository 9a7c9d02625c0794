"""`curatord store`: whether the store is whole, and making it anew from the notes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.run import clear_progress, missing_roots, show_progress
from curatord.cli.setup import Setup, pass_setup
from curatord.control.running import is_locked
from curatord.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from curatord.daemon.rebuild import Rebuilt
    from curatord.store.check import Finding

# A running daemon writes shards in a moment; whoever reads meanwhile looks again.
_LOOKS = 5
_SECONDS_BETWEEN_LOOKS = 0.3


@click.group(short_help="Check the store, or make it anew from the notes.")
def store() -> None:
    """Check the store, or make it anew from the notes."""


@store.command(short_help="Look whether store and shards are whole.")
@json_option
@pass_setup
def check(setup: Setup, as_json: bool) -> ExitCode:
    """Look whether the database is whole, its rows belong together, and the shards are what the manifest says.

    Reads all of it and changes nothing, beside a running daemon too. Exits with 1 where something is wrong.

    Example: curatord store check --json | jq '.findings[] | select(.ok | not)'
    """
    from curatord.store.check import check_store  # noqa: PLC0415  keeps the start of other commands fast
    from curatord.store.database import Store  # noqa: PLC0415  see above

    state = setup.peek_state()
    opened = Store.open_reader(state.store)
    try:
        findings = list(check_store(opened.connection))
        if findings[0].is_right:
            findings.append(_check_shards(opened.connection, state.shards, patient=is_locked(state.lock)))
    finally:
        opened.close()
    if as_json:
        rows = [{"name": one.name, "ok": one.is_right, "wrong": one.wrong} for one in findings]
        print_json({"ok": all(one.is_right for one in findings), "findings": rows})
    else:
        for finding in findings:
            click.echo(f"{finding.name:<12}{finding.wrong or 'ok'}")
    if all(one.is_right for one in findings):
        return ExitCode.OK
    click.echo("curatord: the store is damaged. Run `curatord stop`, then `curatord store rebuild`.", err=True)
    return ExitCode.FAILED


@store.command(short_help="Make store and shards anew from the notes.")
@json_option
@pass_setup
def rebuild(setup: Setup, as_json: bool) -> ExitCode:
    """Make store and shards anew from the notes, and put them in place of the old ones when they are whole.

    What no note tells is kept: judgements, the history, what runs have seen, and the adapters. Not beside a running
    daemon.

    Example: curatord stop && curatord store rebuild && curatord start
    """
    settings = setup.settings()
    if missing := missing_roots(settings):
        raise ConfigurationError(
            f"Memory roots are not there: {', '.join(map(str, missing))}.",
            hint="What they hold would be lost: bring them back, or take them out of the configuration.",
        )
    from curatord.daemon.rebuild import rebuild as rebuild_store  # noqa: PLC0415  see above
    from curatord.paths import state_directory  # noqa: PLC0415  see above

    state = state_directory(settings.state.dir)
    done = rebuild_store(setup.config_file, settings, state, show_progress)
    clear_progress()
    if as_json:
        status = done.status.model_dump(mode="json")
        print_json({"status": status, "kept": done.taken.rows, "damaged": done.taken.damaged})
    else:
        _tell(done)
    return ExitCode.ATTENTION if done.taken.damaged else ExitCode.OK


def _check_shards(connection: sqlite3.Connection, directory: Path, *, patient: bool) -> Finding:
    from curatord.store.check import check_shards  # noqa: PLC0415  see above

    finding = check_shards(connection, directory)
    for _ in range(_LOOKS if patient else 0):
        if finding.is_right:
            break
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        finding = check_shards(connection, directory)
    return finding


def _tell(done: Rebuilt) -> None:
    status, rows = done.status, done.taken.rows
    click.echo(f"{status.documents} notes, {status.facts} facts, {status.pairs.sft} pairs to train on.")
    click.echo(f"Kept: {', '.join(f'{number} rows of {table}' for table, number in rows.items()) or 'nothing'}.")
    if done.taken.damaged:
        told = ", ".join(done.taken.damaged)
        click.echo(f"curatord: the old store is damaged; not all could be read of: {told}.", err=True)
