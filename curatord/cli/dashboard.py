"""`curatord dashboard`: the web page that shows what curatord does."""

from __future__ import annotations

import threading
import webbrowser

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode


@click.command(short_help="Open the web page that shows everything.")
@click.option("--no-open", is_flag=True, help="Print the link, and open no browser.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, metavar="N", help="Use this port instead of a free one."
)
@json_option
@pass_setup
def dashboard(setup: Setup, no_open: bool, port: int, as_json: bool) -> ExitCode:
    """Serve a web page for your browser on this machine alone, and open it; Ctrl-C ends it.

    It shows what is going on, the pairs with the lines they come from, runs, exams, gaps and adapters; pairs can be
    judged and edited, adapters promoted. The link works once: the browser that opens it first stays let in.
    With --json, the link is printed as an object.

    Where curatord itself stops, the page waits for its return.

    Example: curatord dashboard --no-open --port 8377
    """
    from curatord.dashboard import server  # noqa: PLC0415  half a second that only this command takes

    state = setup.peek_state()
    place = server.bind(port)

    def ready(link: str) -> None:
        if as_json:
            print_json({"link": link})
        else:
            click.echo(f"The dashboard is at {link}\nThe link works once. Ctrl-C ends the dashboard.")
        if not no_open:
            # Some browsers hold whoever opens them until they are closed, and the page is served from this thread.
            threading.Thread(target=_open, args=(link,), name="browser", daemon=True).start()

    def standing(online: bool, message: str, hint: str) -> None:
        click.echo("curatord is running." if online else f"{message} {hint}".strip(), err=True)

    server.serve(state, place, ready=ready, told=standing)
    return ExitCode.OK


def _open(link: str) -> None:
    if not webbrowser.open(link):
        click.echo("curatord: no browser could be opened: open the link yourself.", err=True)
