"""`curatord export`: the pairs as files for a trainer."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.curate.pair import Split
from curatord.errors import ExitCode
from curatord.paths import state_directory
from curatord.store import queries
from curatord.store.database import Store, explained
from curatord.store.export import ExportSummary, Format, PreferenceRow, SftRow
from curatord.store.export import export as write_export

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(short_help="Write train, valid and test files for a trainer.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice([choice.value for choice in Format]),
    required=True,
    help="The trainer or convention to write for.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The directory to write.")
@click.option(
    "--minimum",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    metavar="ROWS",
    help="Leave out files with fewer rows than this, the batch size that will be trained with.",
)
@json_option
@pass_setup
def export(setup: Setup, format_name: str, out: Path, minimum: int, as_json: bool) -> ExitCode:
    """Write the pairs as files that other trainers read, replacing a former export whole.

    Reads the store directly: works with and without a daemon.

    Example: curatord export --format mlx-lm --out data
    """
    settings = setup.settings()
    store = Store.open_reader(state_directory(settings.state.dir).store)
    try:
        summary = _write(store.connection, settings.pairs.system, Format(format_name), out, minimum)
    except sqlite3.DatabaseError as error:
        raise explained(error, store.path) from error
    finally:
        store.close()
    if as_json:
        print_json({**asdict(summary), "out": str(summary.out), "categories": dict(summary.categories)})
        return ExitCode.OK
    print_table(("file", "rows", "bytes"), [(out / file.path, file.rows, file.bytes) for file in summary.files])
    for left_out in summary.left_out:
        click.echo(f"left out: {left_out.reason}", err=True)
    return ExitCode.OK


def _write(connection: sqlite3.Connection, system: str, chosen: Format, out: Path, minimum: int) -> ExportSummary:
    # One read transaction, so that a batch committed meanwhile is either wholly in the export or not at all.
    connection.execute("BEGIN")
    return write_export(
        _sft_rows(connection, system, Split.TRAIN),
        _sft_rows(connection, system, Split.TEST),
        _preference_rows(connection, system),
        format=chosen,
        out=out,
        minimum=minimum,
    )


def _sft_rows(connection: sqlite3.Connection, system: str, split: Split) -> Iterator[SftRow]:
    for row in queries.training_rows(connection, split):
        yield SftRow(row["document"], system, row["question"], row["answer"], row["category"])


def _preference_rows(connection: sqlite3.Connection, system: str) -> Iterator[PreferenceRow]:
    for row in queries.training_rows(connection, Split.TRAIN):
        if row["rejected"] is not None:
            yield PreferenceRow(row["document"], system, row["question"], row["answer"], row["rejected"])
