"""`curatord runs`: the training runs, what they were made of and what happened in them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from curatord.cli.output import json_option, page_options, print_json, print_rest, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.training_text import moment, step_text
from curatord.errors import ExitCode, UsageError

POLL_SECONDS = 0.5
_TOLD_APART = ("time", "event")


@click.group(short_help="List training runs, show one, follow what happens in it.")
def runs() -> None:
    """List training runs, show one, follow what happens in it."""


@runs.command("list", short_help="List the runs, the latest first.")
@page_options
@json_option
@pass_setup
def list_runs(setup: Setup, limit: int, offset: int, as_json: bool) -> ExitCode:
    """List the training runs, the latest first.

    Example: curatord runs list --json | jq '.runs[].state'
    """
    answer = setup.client().get("/v1/runs", limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    rows = [
        (run["id"], run["state"], run["asked_by"], moment(run["started"]), *_losses(run), run["reason"])
        for run in answer["runs"]
    ]
    print_table(("run", "state", "asked by", "started", "loss", "validation", "why"), rows)
    print_rest(len(rows), offset, answer["total"])
    for problem in answer["problems"]:
        click.echo(f"curatord: {problem}", err=True)
    return ExitCode.OK


@runs.command(short_help="Show a run.")
@click.argument("run")
@click.option("--plain", is_flag=True, help="Tell the curves in figures and draw nothing.")
@json_option
@pass_setup
def show(setup: Setup, run: str, plain: bool, as_json: bool) -> ExitCode:
    """Show what a run is made of, how far it is and how it ended. The beginning of its id is enough.

    A terminal gets the loss and the reward margin drawn; elsewhere, and with --plain, they are told in figures.

    Example: curatord runs show 20261123
    """
    answer = setup.client().get(f"/v1/runs/{_checked(run)}")
    if as_json:
        print_json(answer)
    else:
        _print_run(answer)
        _print_curves(answer["directory"], plain=plain)
    return ExitCode.OK


@runs.command(short_help="Show what happened in a run.")
@click.argument("run")
@click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended.")
@json_option
@pass_setup
def logs(setup: Setup, run: str, follow: bool, as_json: bool) -> ExitCode:
    """Show what happened in a run, a line for each event; with --json, the events as its process wrote them.

    Example: curatord runs logs 20261123-023000 --follow
    """
    import orjson  # noqa: PLC0415  needed here alone

    client, offset = setup.client(), 0
    while True:
        answer = client.get(f"/v1/runs/{_checked(run)}/events", offset=offset)
        offset = answer["offset"]
        for event in answer["events"]:
            click.echo(orjson.dumps(event) if as_json else _event_text(event))
        if answer["ended"] or not follow:
            return ExitCode.OK
        time.sleep(POLL_SECONDS)


def _checked(identity: str) -> str:
    if not identity or not identity.replace("-", "").isalnum():
        raise UsageError(f"{identity!r} is no run's id.", hint="See `curatord runs list`.")
    return identity


def _losses(run: dict[str, Any]) -> tuple[str, ...]:
    values = (run["progress"][name] for name in ("loss", "validation_loss"))
    return tuple("" if value is None else f"{value:.3f}" for value in values)


def _print_run(run: dict[str, Any]) -> None:
    lines = {
        "run": run["id"],
        "state": f"{run['state']}: {run['reason']}" if run["reason"] else run["state"],
        "asked by": run["asked_by"],
        "started": moment(run["started"]),
        "finished": moment(run["finished"]),
        "base": run["base"],
        "progress": step_text(run["progress"]) if run["state"] in {"running", "paused"} else None,
        "restarts": f"{run['attempts']} after crashes" if run["attempts"] else None,
        "rows": _counts(run["rows"]),
        "left out": _counts({name: number for name, number in run["left_out"].items() if number}),
        "steps": _counts(run["steps"]),
        "versions": ", ".join(f"{name} {version}" for name, version in run["versions"].items()),
        "adapter": run["adapter"],
        "directory": run["directory"],
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:<12}{printable(str(value))}")
    for warning in run["progress"]["warnings"]:
        click.echo(f"{'warning':<12}{printable(warning)}")


def _print_curves(directory: str, *, plain: bool) -> None:
    from curatord.cli import run_charts  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.cli.layout import paper  # noqa: PLC0415  needed here alone
    from curatord.train.charts import charts_of  # noqa: PLC0415  see above
    from curatord.train.run_directory import RunDirectory  # noqa: PLC0415  see above

    charts = charts_of(RunDirectory(Path(directory)))
    for line in run_charts.figures(charts):
        click.echo(line)
    screen = paper()
    if not plain and screen.columns is not None and screen.unicode:
        for picture in run_charts.drawn(charts, screen.columns):
            click.echo(f"\n{picture}")


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


def _event_text(event: dict[str, Any]) -> str:
    data = "  ".join(f"{name}={_short(value)}" for name, value in event.items() if name not in _TOLD_APART)
    return printable(f"{event['time']}  {event['event']:<12}{data}".rstrip())


def _short(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value
