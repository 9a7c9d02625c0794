"""`curatord train`: start a run, let it rest, go on, or end; and see what the schedule would do."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.training_text import moment, step_text
from curatord.errors import CuratordError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.control.client import Client

POLL_SECONDS = 0.5


@click.group(short_help="Train now, pause, resume, cancel; see what would happen.", invoke_without_command=True)
@click.option("--dry-run", is_flag=True, help="Tell what the schedule would do now, and why, without doing it.")
@json_option
@click.pass_context
@pass_setup
def train(setup: Setup, ctx: click.Context, dry_run: bool, as_json: bool) -> ExitCode:
    """Train the model, or see what the schedule would do.

    The daemon trains by itself at the hour that [training] schedule names, when enough new pairs have gathered and
    the machine consents.

    Example: curatord train --dry-run
    """
    if ctx.invoked_subcommand is not None:
        if dry_run or as_json:
            raise UsageError("Options go after the command.", hint="Say `curatord train now --json`.")
        return ExitCode.OK
    if not dry_run:
        click.echo(ctx.get_help())
        return ExitCode.USAGE
    preview = setup.client().get("/v1/train/preview")
    if as_json:
        print_json(preview)
    else:
        _print_preview(preview)
    return ExitCode.OK


@train.command(short_help="Start a run now.")
@click.option("--wait", is_flag=True, help="Wait for its end, showing how far it is.")
@click.option("--base", metavar="MODEL", help="Start from another base model than [training] base.")
@json_option
@pass_setup
def now(setup: Setup, wait: bool, base: str | None, as_json: bool) -> ExitCode:
    """Start a run on all pairs there are, whatever hour and machine say.

    With --wait, exits with 1 when the run fails or is cancelled, and with 75 when it is paused by request. Ctrl-C ends
    the waiting, not the run.

    Example: curatord train now --wait
    """
    client = setup.client()
    answer = client.post("/v1/train/now", {"base": _absolute(base)} if base else {})
    if not wait:
        return _print_order(answer, as_json=as_json)
    if not as_json:
        _print_order(answer, as_json=False)
    try:
        run = _wait_for(client, answer["run"], quiet=as_json)
    except KeyboardInterrupt:
        click.echo("curatord: the run goes on; `curatord status --watch` follows it.", err=True)
        raise
    if as_json:
        print_json(run)
    return _outcome(run, quiet=as_json)


@train.command(short_help="Let the run rest.")
@json_option
@pass_setup
def pause(setup: Setup, as_json: bool) -> ExitCode:
    """Let the run in hand rest after the step it makes, until `curatord train resume`.

    Example: curatord train pause
    """
    return _print_order(setup.client().post("/v1/train/pause"), as_json=as_json)


@train.command(short_help="Let the run go on.")
@json_option
@pass_setup
def resume(setup: Setup, as_json: bool) -> ExitCode:
    """Let the run in hand go on now, whatever hour and machine say.

    Example: curatord train resume
    """
    return _print_order(setup.client().post("/v1/train/resume"), as_json=as_json)


@train.command(short_help="End the run for good.")
@json_option
@pass_setup
def cancel(setup: Setup, as_json: bool) -> ExitCode:
    """End the run in hand for good; what it was to learn counts as new again.

    Example: curatord train cancel
    """
    return _print_order(setup.client().post("/v1/train/cancel"), as_json=as_json)


def _absolute(base: str) -> str:
    """Return a directory that is there by its absolute name: the daemon runs elsewhere."""
    path = Path(base).expanduser()
    return str(path.absolute()) if path.is_dir() else base


def _print_order(answer: dict[str, Any], *, as_json: bool) -> ExitCode:
    if as_json:
        print_json(answer)
    else:
        click.echo(f"Run {answer['run']} is {answer['state']}. {answer['told']}")
    return ExitCode.OK


_WOULD = {
    "start": "A run would start now.",
    "resume": "Run {run} would go on now.",
    "pause": "Run {run} would be paused now.",
    "skip": "The hour would pass without a run.",
    "wait": "Nothing would change now.",
}


def _print_preview(preview: dict[str, Any]) -> None:
    click.echo(_WOULD[preview["action"]].format(run=preview["run"]))
    for reason in preview["reasons"]:
        click.echo(f"  because: {reason}")
    new = "not known yet" if preview["new_pairs"] is None else preview["new_pairs"]
    click.echo(f"New pairs: {new}; a run takes {preview['min_new_pairs']}.")
    click.echo(f"Next run: {moment(preview['next_run']) or 'none by itself'}")
    rows = [(item["name"], "met" if item["met"] else "not met", item["told"]) for item in preview["conditions"]]
    print_table(("condition", "", "now"), rows)


def _wait_for(client: Client, identity: str, *, quiet: bool) -> dict[str, Any]:
    """Return a run as it is in the end, or when a person has paused it."""
    states = _states(client, identity)
    if quiet:
        return list(states)[-1]
    return _show_bar(states) if sys.stdout.isatty() else _show_lines(states)


def _states(client: Client, identity: str) -> Iterator[dict[str, Any]]:
    while True:
        run = client.get(f"/v1/runs/{identity}")
        yield run
        if run["state"] not in {"running", "paused"} or run["waits_for_person"]:
            return
        time.sleep(POLL_SECONDS)


def _show_lines(states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Print a line for each stage, each tenth of its steps, and each rest."""
    run: dict[str, Any] = {}
    shown = None
    for run in states:
        progress = run["progress"]
        tenth = 10 * progress["step"] // progress["steps"] if progress["steps"] else 0
        place = (run["state"], progress["stage"], tenth)
        if place != shown:
            shown = place
            if run["state"] in {"running", "paused"}:  # how it ended is told by the outcome
                click.echo(step_text(progress) if run["state"] == "running" else f"paused: {run['reason']}")
    return run


def _show_bar(states: Iterator[dict[str, Any]]) -> dict[str, Any]:
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415  needed here alone

    run: dict[str, Any] = {}
    with Progress(BarColumn(), TextColumn("{task.description}", markup=False)) as bars:
        task = bars.add_task("starting", total=None)
        for run in states:
            progress = run["progress"]
            told = step_text(progress) if run["state"] != "paused" else f"rests: {run['reason']}"
            bars.update(task, total=progress["steps"], completed=progress["step"], description=told)
    return run


def _outcome(run: dict[str, Any], *, quiet: bool) -> ExitCode:
    if run["waits_for_person"]:
        return ExitCode.BUSY
    if run["state"] != "done":
        if quiet:
            return ExitCode.FAILED
        raise CuratordError(f"The run {run['state']}: {run['reason']}", hint=f"See `curatord runs show {run['id']}`.")
    if not quiet:
        click.echo(f"Done: {run['reason']}.")
    return ExitCode.OK
