"""Commands that tell the daemon to do something: sync, reload, confirm-deletes."""

from __future__ import annotations

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import CuratordError, ExitCode


@click.command(short_help="Compare the folders with the store, now.")
@click.option("--wait", is_flag=True, help="Wait until the shards are in line with the disk.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, 86_400),
    default=600.0,
    show_default=True,
    metavar="S",
    help="Seconds to wait.",
)
@json_option
@pass_setup
def sync(setup: Setup, wait: bool, timeout: float, as_json: bool) -> ExitCode:
    """Compare the memory roots with the store now, instead of when events or the timer say so.

    With --wait, exits with 75 when that is not done in time, and with 1 when it failed.

    Example: curatord sync --wait --timeout 60
    """
    answer = setup.client().post(
        "/v1/sync", {"wait": wait, "timeout_seconds": timeout}, patience=timeout if wait else 0
    )
    if as_json:
        print_json(answer)
    elif answer["done"]:
        click.echo(f"Store and shards are in line with the disk (generation {answer['generation']}).")
    elif not wait:
        click.echo("The comparison is under way.")
    if not wait or answer["done"]:
        return ExitCode.OK
    if error := answer.get("error"):
        raise CuratordError(error)
    if not as_json:
        click.echo(f"curatord: the comparison was not done within {timeout:g} s; it goes on.", err=True)
    return ExitCode.BUSY


@click.command(short_help="Read the configuration again.")
@json_option
@pass_setup
def reload(setup: Setup, as_json: bool) -> ExitCode:
    """Make the daemon read its configuration again; a broken file leaves the old settings in force.

    Exits with 5 when the file is broken.

    Example: curatord config check && curatord reload
    """
    answer = setup.client().post("/v1/reload")
    if as_json:
        print_json(answer)
    elif answer["applied"]:
        click.echo("The new settings are in force.")
    if answer["applied"]:
        return ExitCode.OK
    if not as_json:
        click.echo(f"curatord: {answer['error']}\nThe old settings stay in force.", err=True)
    return ExitCode.CONFIGURATION


@click.command(short_help="Let deletions on hold go through.")
@json_option
@pass_setup
def confirm_deletes(setup: Setup, as_json: bool) -> ExitCode:
    """Forget notes that vanished in such numbers that curatord waits for your word.

    Example: curatord confirm-deletes
    """
    answer = setup.client().post("/v1/confirm-deletes")
    if as_json:
        print_json(answer)
    elif answer["roots"]:
        click.echo(f"The deletions go through: {', '.join(answer['roots'])}.")
    else:
        click.echo("No deletions are on hold.")
    return ExitCode.OK
