"""`curatord metrics`: the figures of the moment, for a monitoring system."""

from __future__ import annotations

import click

from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode


@click.command(short_help="Print figures for Prometheus.")
@pass_setup
def metrics(setup: Setup) -> ExitCode:
    """Print the figures of the running daemon in Prometheus's text format.

    The same is at /metrics on the control socket. Prometheus does not scrape sockets; its node exporter reads files.

    Example: curatord metrics > /var/lib/node_exporter/textfile/curatord.prom
    """
    click.echo(setup.client().text("/metrics"), nl=False)
    return ExitCode.OK
