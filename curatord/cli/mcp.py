"""`curatord mcp`: what curatord can do, for agents that speak the Model Context Protocol."""

from __future__ import annotations

import signal

import click

from curatord.cli.program import program
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode


@click.command(short_help="Serve agents over the Model Context Protocol (stdio).")
@pass_setup
def mcp(setup: Setup) -> ExitCode:
    """Serve an agent over standard input and output (Model Context Protocol), until it closes them.

    Its tools: status, search_pairs, ask, gaps, and remember, which writes a note into a memory root. An agent starts
    this command itself; name it in the agent's configuration.

    Example: curatord mcp
    """
    from curatord.control.mcp_server import make_server  # noqa: PLC0415  a second that only this command takes
    from curatord.control.mcp_tools import Tools  # noqa: PLC0415  see above

    # A thread that waits for input cannot be interrupted: without this, Ctrl-C would wait for the next line.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    make_server(Tools(setup.client, setup.settings, program(setup))).run("stdio")
    return ExitCode.OK
