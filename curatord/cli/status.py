"""`curatord status`: how things are, on one screen."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.layout import paper
from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.status_text import attention, render
from curatord.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from curatord.control.client import Client

REFRESH_SECONDS = 1.0


@click.command(short_help="Show what is going on.")
@json_option
@click.option("--watch", is_flag=True, help="Refresh once a second until Ctrl-C.")
@pass_setup
def status(setup: Setup, as_json: bool, watch: bool) -> ExitCode:
    """Show on one screen what is going on, and what is wrong.

    What is watched and queued; the pairs, and how many were made on each of the last 14 days; the last training run,
    and the next with what holds it; the adapter in service, its exam before and after, and what it knows.

    Exits with 4 when something needs you: deletions on hold, a root that is missing, a broken configuration, a
    pass that failed.

    Example: curatord status --json | jq .pairs
    """
    if watch and as_json:
        raise UsageError("--watch and --json do not go together.", hint="`curatord events --json` is a stream.")
    client = setup.client()
    if watch:
        _watch(client)
    answer = client.get("/v1/status")
    if as_json:
        print_json(answer)
    else:
        click.echo(render(answer, paper()))
    return ExitCode.ATTENTION if attention(answer) else ExitCode.OK


def _watch(client: Client) -> None:
    """Show the status again and again until the person interrupts or the daemon goes."""
    if not sys.stdout.isatty():
        while True:
            click.echo(render(client.get("/v1/status"), paper()))
            time.sleep(REFRESH_SECONDS)
    from rich.live import Live  # noqa: PLC0415  needed here alone
    from rich.text import Text  # noqa: PLC0415  see above

    def screen() -> Text:
        answer: dict[str, Any] = client.get("/v1/status")
        return Text.from_ansi(render(answer, paper()))

    with Live(screen(), auto_refresh=False) as live:
        while True:
            time.sleep(REFRESH_SECONDS)
            live.update(screen(), refresh=True)
