"""`curatord doctor`: whether all is well with this machine, this installation and this configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from curatord.doctor.finding import Finding

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}
_WIDTH = 14  # of the longest name


@click.command(short_help="Check that all is well, and tell what mends what is not.")
@click.option("--quick", is_flag=True, help="Leave out what takes seconds: the store, a note, the model, training.")
@json_option
@pass_setup
def doctor(setup: Setup, quick: bool, as_json: bool) -> ExitCode:
    """Check machine, installation, configuration, notes and model, and tell what mends what is not as it should be.

    Nothing is changed. Exits with 0 where nothing fails, warnings or not, and with 4 otherwise.

    Example: curatord doctor --json | jq '.checks[] | select(.level != "ok")'
    """
    from curatord.doctor.examination import examine, worst  # noqa: PLC0415  what it imports takes a third of a second
    from curatord.doctor.finding import Level, situation  # noqa: PLC0415  see above

    found = []
    for name, finding in examine(situation(setup.config_file, must_exist=setup.must_exist), quick=quick):
        found.append((name, finding))
        if not as_json:
            _print(name, finding)
    level = worst(finding for _, finding in found)
    if as_json:
        checks = [
            {"check": name, "level": one.level.value, "message": one.message, "remedy": one.remedy}
            for name, one in found
        ]
        print_json({"level": level.value, "checks": checks})
    return ExitCode.ATTENTION if level is Level.FAIL else ExitCode.OK


def _print(name: str, finding: Finding) -> None:
    level = click.style(f"{finding.level.value:<5}", fg=_COLORS[finding.level.value])
    click.echo(f"{level} {name:<{_WIDTH}} {printable(finding.message)}")
    if finding.remedy:
        click.echo(f"{'':5} {'':{_WIDTH}} > {printable(finding.remedy)}")
