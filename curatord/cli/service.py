"""curatord as a service of the operating system: install, uninstall, start, stop, restart."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from curatord.cli import startup
from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.status_text import render
from curatord.control.running import holder_pid, is_locked
from curatord.errors import BusyError, ConfigurationError, ExitCode, NotFoundError, UsageError
from curatord.service.advice import advice
from curatord.service.manager import NAMES, manager
from curatord.service.plan import plan

if TYPE_CHECKING:
    from datetime import datetime

    from curatord.service.manager import Manager

_timeout = click.option(
    "--timeout",
    type=click.FloatRange(0, 3600),
    default=startup.SECONDS_TO_ANSWER,
    show_default=True,
    metavar="S",
    help="Seconds to wait for the daemon's first answer.",
)


@click.command(short_help="Install curatord as a service that starts with your login.")
@click.option("--dry-run", is_flag=True, help="Print the file that would be written, and do nothing.")
@click.option("--service", type=click.Choice(NAMES), help="The service manager, instead of this platform's.")
@_timeout
@json_option
@pass_setup
def install(setup: Setup, dry_run: bool, service: str | None, timeout: float, as_json: bool) -> ExitCode:
    """Run curatord in the background from now on, and from every login on: a LaunchAgent on macOS, a systemd user
    unit on Linux. Prints the status as soon as the daemon answers.

    The service runs this installation of curatord on the configuration in force. Installing again updates both.

    Example: curatord install --dry-run --service launchd
    """  # noqa: D205  click takes the first paragraph as it is
    here, wanted = manager(service), plan(setup.config_file, os.environ)
    if dry_run:
        click.echo(here.text(wanted), nl=False)
        return ExitCode.OK
    if not setup.config_file.exists():
        raise ConfigurationError(
            f"There is no configuration file {setup.config_file}.", hint="Write one: curatord init"
        )
    settings = setup.settings()  # an invalid one is better told now
    setup.peek_state().create()
    wanted.check()
    if is_locked(setup.peek_state().lock) and not _serves(here, setup):
        click.echo(
            f"The daemon that you started (pid {startup.stop_by_socket(setup)}) makes way for the service.", err=True
        )
    since = startup.now()
    here.install(wanted)
    click.echo(f"curatord is installed as a service: {here.file}", err=True)
    for line in advice(here.name, [root.path for root in settings.memory.roots]):
        click.echo(line, err=True)
    return _show(setup, here, since, timeout, as_json)


@click.command(short_help="Remove the service.")
@click.option("--purge", is_flag=True, help="Delete the store, shards, runs, adapters and logs as well.")
@click.option("--yes", is_flag=True, help="With --purge: do not ask.")
@pass_setup
def uninstall(setup: Setup, purge: bool, yes: bool) -> ExitCode:
    """Stop the service and remove it. What curatord has made stays, unless you say --purge; the configuration and
    your notes stay in any case.

    Example: curatord uninstall --purge
    """  # noqa: D205  see above
    here, state = manager(), setup.peek_state()
    if purge and not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                "--purge deletes all that curatord has made, and nobody is there to be asked.", hint="--yes"
            )
        click.confirm(f"Delete all that curatord has made in {state.path}, trained adapters included?", abort=True)
    if here.file.exists():
        here.uninstall()
        click.echo(f"The service is removed: {here.file}")
    elif not purge:
        raise NotFoundError(f"No service is installed: there is no {here.file}.")
    if purge:
        from curatord.service.purge import purge as delete  # noqa: PLC0415  needed here alone

        if pid := holder_pid(state.lock):
            raise BusyError(f"curatord (pid {pid}) still runs on {state.path}.", hint="Stop it: curatord stop")
        kept = delete(state)
        click.echo(f"What curatord had made in {state.path} is deleted; {setup.config_file} is kept.")
        if kept:
            click.echo(f"Not made by curatord, and kept: {', '.join(kept)}.")
    else:
        click.echo(f"What curatord has made is kept in {state.path}.")
    return ExitCode.OK


@click.command(short_help="Start the installed service.")
@_timeout
@json_option
@pass_setup
def start(setup: Setup, timeout: float, as_json: bool) -> ExitCode:
    """Start the service and print the status as soon as the daemon answers; one that runs goes on.

    Example: curatord start && curatord sync --wait
    """
    here, since = _installed(setup), startup.now()
    if not is_locked(setup.peek_state().lock):
        here.start()
    return _show(setup, here, since, timeout, as_json)


@click.command(short_help="Stop the daemon.")
@pass_setup
def stop(setup: Setup) -> ExitCode:
    """Stop the daemon and wait until it is gone; what it has not read by then, it reads at the next start.

    A service is stopped until your next login or `curatord start`; it is not started again in between.

    Example: curatord stop
    """
    here, state = manager(), setup.peek_state()
    pid = holder_pid(state.lock)
    if _serves(here, setup):
        here.stop()
        startup.wait_until_gone(state.lock, pid)
    else:
        pid = startup.stop_by_socket(setup)
    click.echo(f"curatord (pid {pid}) has stopped." if pid else "The service is stopped.")
    return ExitCode.OK


@click.command(short_help="Stop the service and start it again.")
@_timeout
@json_option
@pass_setup
def restart(setup: Setup, timeout: float, as_json: bool) -> ExitCode:
    """Stop the service, start it again, and print the status as soon as the daemon answers.

    A training run that is going writes a checkpoint first, and goes on from it.

    Example: curatord restart
    """
    here = _installed(setup)
    if is_locked(setup.peek_state().lock) and not here.is_active():
        startup.stop_by_socket(setup)  # one that was started by hand would keep the service's from starting
    since = startup.now()
    here.restart()
    return _show(setup, here, since, timeout, as_json)


def _installed(setup: Setup) -> Manager:
    """Return the service manager, if the service that is installed runs on this configuration."""
    here = manager()
    theirs = here.config_file()
    if theirs is None:
        raise NotFoundError(
            "The service is not installed.", hint="`curatord install` installs it; `curatord run` needs no service."
        )
    if theirs != setup.config_file:
        raise ConfigurationError(
            f"The installed service runs on {theirs}, not on {setup.config_file}.",
            hint="`curatord install` with another --config changes that.",
        )
    setup.settings()  # the daemon would not get further with an invalid one
    return here


def _serves(here: Manager, setup: Setup) -> bool:
    """Tell whether the service is at work on this configuration; asks the service manager only if it may be."""
    return here.config_file() == setup.config_file and here.is_active()


def _show(setup: Setup, here: Manager, since: datetime, timeout: float, as_json: bool) -> ExitCode:
    status = startup.wait_until_answering(setup, here, since, timeout)
    if as_json:
        print_json(status)
    else:
        click.echo(render(status))
    return ExitCode.OK
