"""`curatord conflicts`: notes that contradict one another."""

from __future__ import annotations

from typing import Any

import click

from curatord.cli.output import json_option, page_options, print_json, print_rest
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode


@click.command(short_help="List notes that contradict one another.")
@page_options
@json_option
@pass_setup
def conflicts(setup: Setup, limit: int, offset: int, as_json: bool) -> ExitCode:
    """List facts to which two notes give different values, with their lines.

    Of two dated notes the newer one is trained on, and what the older one says becomes a rejected answer. Mend the
    note that is wrong, or date both.

    Example: curatord conflicts
    """
    answer = setup.client().get("/v1/conflicts", limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    if not answer["total"]:
        click.echo("No two notes contradict one another.")
    for conflict in answer["conflicts"]:
        click.echo(_describe(conflict))
    print_rest(len(answer["conflicts"]), offset, answer["total"])
    return ExitCode.OK


def _describe(conflict: dict[str, Any]) -> str:
    other = "stale" if conflict["stale"] else "other"
    lines = [conflict["question"], _side("kept", conflict["kept"]), _side(other, conflict["other"]), ""]
    return "\n".join(lines)


def _side(label: str, side: dict[str, Any]) -> str:
    where = f"{side['file'] or side['path']}:{side['first_line']}"
    return f"  {label:<6} {side['statement']}\n         {where} ({side['date'] or 'undated'})"
