"""How commands print: JSON for programs, tables for people, plain columns for pipes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from curatord.errors import ExitCode

# C0 but for tab and line feed, DEL, C1, and the directional overrides and isolates of Unicode (UAX 9).
_COMMANDS = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {0x09, 0x0A},
    "\N{REPLACEMENT CHARACTER}",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def page_options(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Give a command --limit and --offset."""
    command = click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many first.")(command)
    limit = click.IntRange(1, 1000)
    return click.option("--limit", type=limit, default=50, show_default=True, help="Show so many.")(command)


def print_json(value: Any) -> None:  # noqa: ANN401  whatever JSON can hold
    """Print a value as JSON: indented on a terminal, on one line elsewhere."""
    import orjson  # noqa: PLC0415  25 ms that only this output needs

    options = orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0
    click.echo(orjson.dumps(value, option=options | orjson.OPT_NON_STR_KEYS))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows: aligned below their headings on a terminal, as tab-separated values without headings in a pipe."""
    texts = [[_one_line(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            click.echo("\t".join(row))
        return
    if not texts:
        click.echo("Nothing to list.")
        return
    from rich.console import Console  # noqa: PLC0415  60 ms that only tables need
    from rich.table import Table  # noqa: PLC0415  see above

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in texts:
        table.add_row(*(_escaped(text) for text in row))
    Console().print(table)


def print_rest(shown: int, offset: int, total: int) -> None:
    """Say on a terminal that a list goes on."""
    if sys.stdout.isatty() and offset + shown < total:
        click.echo(f"{shown} of {total}; see more with --offset {offset + shown} or --limit.", err=True)


def seconds_in_words(seconds: float) -> str:
    """Return a duration as people say it, in its two largest units: `3 h 12 min`."""
    whole = int(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    first = next((index for index, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number or first == 3)


def printable(text: str) -> str:
    """Return a text with the characters replaced that would command the terminal instead of being shown.

    Notes are written by others: an escape sequence or a reversal of the reading direction in one must stay harmless.
    """
    return text.translate(_COMMANDS)


def _one_line(value: object) -> str:
    return "" if value is None else printable(" ".join(str(value).split()))


def _escaped(text: str) -> str:
    from rich.markup import escape  # noqa: PLC0415  see above

    return escape(text)
