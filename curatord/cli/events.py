"""`curatord events`: what happens, as it happens."""

from __future__ import annotations

from typing import Any

import click

from curatord.cli.output import json_option
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, NotRunningError


@click.command(short_help="Show what happens, as it happens.")
@click.option("--after", type=click.IntRange(0), metavar="N", help="Begin with what is remembered after event N.")
@json_option
@pass_setup
def events(setup: Setup, after: int | None, as_json: bool) -> ExitCode:
    """Show events as they happen, one a line, until Ctrl-C or until the daemon stops.

    Exits with 3 when the daemon has gone without stopping.

    Example: curatord events --json | jq .event
    """
    import orjson  # noqa: PLC0415  needed here alone

    event: dict[str, Any] = {}
    for event in setup.client().stream("/v1/events", after=after):
        if as_json:
            click.echo(orjson.dumps(event))
        else:
            data = "  ".join(f"{name}={value}" for name, value in event["data"].items())
            click.echo(f"{event['time']}  {event['event']:<16}{data}".rstrip())
    if event.get("event") != "stopping":
        raise NotRunningError("curatord has gone without a word.", hint="`curatord logs` may say why.")
    return ExitCode.OK
