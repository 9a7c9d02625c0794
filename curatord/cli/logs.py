"""`curatord logs`: what the daemon wrote about itself. Reads the files, so that it works without a daemon too."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from curatord.cli.log_lines import LEVELS, Line, LogReader, is_wanted, parse_since
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

POLL_SECONDS = 0.25
_COLORS = {"debug": "cyan", "info": "green", "warning": "yellow", "error": "red", "critical": "red"}


@click.command(short_help="Show the daemon's log.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on, until Ctrl-C.")
@click.option("--level", type=click.Choice(LEVELS), default="debug", show_default=True, help="The least level shown.")
@click.option("--since", metavar="WHEN", help="Only lines since then: 10m, 2h, 3d (ago), or 2026-01-31.")
@click.option("-n", "--lines", type=click.IntRange(0), default=100, show_default=True, help="The last so many lines.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@pass_setup
def logs(setup: Setup, follow: bool, level: str, since: str | None, lines: int, as_json: bool) -> ExitCode:
    """Show the daemon's log, rotated files included, with or without a running daemon.

    Example: curatord logs --level warning --since 1d
    """
    file = setup.peek_state().log
    earliest = parse_since(since, datetime.now(UTC)) if since else None
    show = _show_json if as_json else _show_text
    if not follow and not file.exists():
        raise NotFoundError(f"There is no log at {file}.", hint="`curatord run` writes one.")
    with LogReader(file) as reader:

        def wanted() -> Iterable[Line]:
            return (line for line in reader.read() if is_wanted(line, level, earliest))

        _print(deque(wanted(), maxlen=lines), show)
        while follow:
            time.sleep(POLL_SECONDS)
            _print(wanted(), show)
    return ExitCode.OK


def _print(lines: Iterable[Line], show: Callable[[Line], str]) -> None:
    for line in lines:
        click.echo(show(line))


def _show_json(line: Line) -> str:
    import orjson  # noqa: PLC0415  25 ms that only this output needs

    return orjson.dumps(line).decode()


def _show_text(line: Line) -> str:
    rest = "  ".join(f"{name}={value}" for name, value in line.items() if name not in ("time", "level", "event"))
    moment = datetime.fromisoformat(line["time"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    level = click.style(f"{line['level']:<8}", fg=_COLORS.get(line["level"]))
    return f"{moment}  {level} {line['event']:<20} {rest}".rstrip()
