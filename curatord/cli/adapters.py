"""`curatord adapters`: what training has made, what is in service, and the switch between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curatord.cli.fuse import fuse
from curatord.cli.output import json_option, print_json, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.training_text import moment
from curatord.errors import CuratordError, ExitCode, NotRunningError

if TYPE_CHECKING:
    from curatord.exam.records import Exam
    from curatord.serve.adapters import Adapter, Adapters


@click.group(short_help="List adapters, show one, promote it, roll back, fuse.")
def adapters() -> None:
    """List the adapters that training has made, put one into service, go back to the one before.

    Needs no daemon; one that runs is told of a switch.
    """


adapters.add_command(fuse)


@adapters.command("list", short_help="List the adapters, the latest first.")
@json_option
@pass_setup
def list_adapters(setup: Setup, as_json: bool) -> ExitCode:
    """List the adapters that are kept, the latest first.

    Example: curatord adapters list
    """
    shelf = _shelf(setup)
    current = shelf.in_service()
    entries = [_entry(adapter, current) for adapter in reversed(shelf.all())]
    if as_json:
        print_json({"adapters": entries, "in_service": current.id if current else None})
        return ExitCode.OK
    rows = [
        (entry["id"], "in service" if entry["in_service"] else "", _exam_text(entry["exam"]), _reason(entry["exam"]))
        for entry in entries
    ]
    print_table(("adapter", "", "exam", "why"), rows)
    return ExitCode.OK


@adapters.command(short_help="Show an adapter and its exam.")
@click.argument("adapter", required=False)
@json_option
@pass_setup
def show(setup: Setup, adapter: str | None, as_json: bool) -> ExitCode:
    """Show an ADAPTER, or the one in service: its base, its strength, and what its exam found at each.

    Example: curatord adapters show --json | jq .exam.trials
    """
    shelf = _shelf(setup)
    found = chosen(shelf, adapter)
    entry = _entry(found, shelf.in_service())
    if as_json:
        print_json(entry)
    else:
        _print(entry)
    return ExitCode.OK


@adapters.command(short_help="Put an adapter into service.")
@click.argument("adapter")
@pass_setup
def promote(setup: Setup, adapter: str) -> ExitCode:
    """Put an ADAPTER into service, whatever its exam says; `curatord adapters rollback` undoes it.

    Example: curatord adapters promote 20261123
    """
    shelf = _shelf(setup)
    identity = shelf.find(adapter).id
    try:
        setup.client().post(f"/v1/adapters/{identity}/promote")
    except NotRunningError:
        shelf.promote(shelf.find(identity), "asked for")
    click.echo(f"{identity} is in service. `curatord adapters rollback` goes back.")
    return ExitCode.OK


@adapters.command(short_help="Go back to the adapter that was in service before.")
@pass_setup
def rollback(setup: Setup) -> ExitCode:
    """Put back what was in service before: another adapter, or the base model alone.

    Example: curatord adapters rollback
    """
    shelf = _shelf(setup)
    try:
        setup.client().post("/v1/adapters/rollback")
    except NotRunningError:
        shelf.roll_back("asked for")
    now = shelf.in_service()
    click.echo(f"{now.id} is in service again." if now else "The base model answers alone again.")
    return ExitCode.OK


def chosen(shelf: Adapters, identity: str | None) -> Adapter:
    """Return the adapter that was named, else the one in service, else the latest one; raise CuratordError."""
    if identity is not None:
        return shelf.find(identity)
    found = shelf.in_service() or next(iter(reversed(shelf.all())), None)
    if found is None:
        raise CuratordError("There is no adapter yet.", hint="Training makes them: see `curatord train --help`.")
    return found


def _shelf(setup: Setup) -> Adapters:
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  pydantic takes 80 ms

    return Adapters(setup.peek_state())


def _entry(adapter: Adapter, current: Adapter | None) -> dict[str, Any]:
    exam = adapter.exam()
    return {
        "id": adapter.id,
        "directory": str(adapter.path),
        "in_service": current is not None and current.id == adapter.id,
        "base": adapter.config().get("curatord", {}).get("base"),
        "exam": _summary(exam) if exam else None,
    }


def _summary(exam: Exam) -> dict[str, Any]:
    return exam.model_dump(mode="json", exclude={"topics", "categories", "kinds", "seed"})


def _exam_text(exam: dict[str, Any] | None) -> str:
    if exam is None:
        return "none"
    trial = _kept(exam)
    return f"{trial['exam']['before']} -> {trial['exam']['after']} of {trial['exam']['asked']}"


def _kept(exam: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(trial for trial in exam["trials"] if trial["scale"] == exam["scale"])
    return found


def _reason(exam: dict[str, Any] | None) -> str:
    return "" if exam is None or exam["promote"] else exam["reason"]


def _print(entry: dict[str, Any]) -> None:
    exam = entry["exam"]
    lines = {
        "adapter": entry["id"],
        "state": "in service" if entry["in_service"] else "candidate",
        "base": entry["base"],
        "directory": entry["directory"],
        "examined": moment(exam["created"]) if exam else "no",
        "verdict": f"{'promote' if exam['promote'] else 'keep as a candidate'}: {exam['reason']}" if exam else None,
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:<12}{printable(str(value))}")
    if exam:
        click.echo()
        rows = [_trial_row(trial, exam) for trial in exam["trials"]]
        print_table(("strength", "exam", "gain (95 %)", "p", "general", "alone: exam", "general"), rows)


def _trial_row(trial: dict[str, Any], exam: dict[str, Any]) -> tuple[str, ...]:
    change = trial["exam"]
    interval = f"{100 * change['low']:+.0f} to {100 * change['high']:+.0f}"
    return (
        f"{trial['scale']:g}{' *' if trial['scale'] == exam['scale'] else ''}",
        f"{change['before']} -> {change['after']} of {change['asked']}",
        f"{100 * change['gain']:+.1f} ({interval})",
        f"{change['p']:.2g}",
        f"{exam['general_before']['right']} -> {trial['general']['right']} of {trial['general']['asked']}",
        f"{trial['exam_alone']['right']}",
        f"{trial['general_alone']['right']}",
    )
