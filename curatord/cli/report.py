"""`curatord report`: one page that tells everything about a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, NotFoundError, UsageError

if TYPE_CHECKING:
    from curatord.report.gather import Report
    from curatord.train.run_directory import RunDirectory


@click.command(short_help="Write a page about a run.")
@click.argument("run", required=False)
@click.option("--out", type=click.Path(path_type=Path), help="The HTML file to write; - is standard output.")
@json_option
@pass_setup
def report(setup: Setup, run: str | None, out: Path | None, as_json: bool) -> ExitCode:
    """Write a page about a RUN, or about the last one: its curves, its exam, replies, and what it was made of.

    It is one HTML file that loads nothing from anywhere; it quotes your notes. Needs no daemon. --json prints what it
    tells.

    Example: curatord report --out report.html
    """
    if out is None and not as_json:
        raise UsageError("Where should the page go?", hint="Name a file: curatord report --out report.html")
    from curatord.report.gather import gather  # noqa: PLC0415  pydantic takes 80 ms

    state = setup.peek_state()
    told = gather(state, _chosen(state.runs, run))
    if out is not None:
        _write(out, told)
    if as_json:
        print_json(told)
    return ExitCode.OK


def _write(out: Path, told: Report) -> None:
    from curatord.report.page import page  # noqa: PLC0415  jinja2
    from curatord.store.atomic import write_file  # noqa: PLC0415  see above

    text = page(told)
    if str(out) == "-":
        click.echo(text)
        return
    write_file(out, text.encode())
    click.echo(f"{out} tells about {told.story.id}.", err=True)


def _chosen(runs: Path, identity: str | None) -> RunDirectory:
    from curatord.train.run_directory import find_run, list_runs  # noqa: PLC0415  see above

    if identity is not None:
        return find_run(runs, identity)
    listing = list_runs(runs)
    if not listing.runs:
        told = "\n".join((*listing.problems, "There is no run to tell of."))
        raise NotFoundError(told, hint="Start one: curatord train now")
    return listing.runs[-1]
