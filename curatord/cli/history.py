"""`curatord history`: what has happened, as far as it is remembered. Reads the store: no daemon is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from curatord.cli.log_lines import parse_since
from curatord.cli.output import json_option, page_options, print_json, print_rest, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from curatord.store.history import Entry


@click.command(short_help="Show what has happened: starts, runs, promotions, problems.")
@click.option("--since", metavar="WHEN", help="Only since then: 10m, 2h, 3d (ago), or 2026-01-31.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only of this kind; may be said more than once.")
@page_options
@json_option
@pass_setup
def history(
    setup: Setup, since: str | None, kinds: tuple[str, ...], limit: int, offset: int, as_json: bool
) -> ExitCode:
    """Show what has happened, the latest first, with or without a running daemon.

    How long that is remembered stands in [keeping]. Kinds are such as started, stopped, run_finished, promoted,
    rolled_back, root_added, root_lost, deletions_confirmed and problem.

    Example: curatord history --since 7d --kind run_finished --kind promoted
    """
    from curatord.daemon.history import KINDS  # noqa: PLC0415  keeps the start of other commands fast
    from curatord.store import history as store_history  # noqa: PLC0415  see above
    from curatord.store.database import Store  # noqa: PLC0415  see above

    if unknown := sorted(set(kinds) - set(KINDS)):
        raise UsageError(f"There is no kind {unknown[0]}.", hint=f"Kinds are {', '.join(KINDS)}.")
    earliest = parse_since(since, datetime.now(UTC)) if since else None
    store = Store.open_reader(setup.peek_state().store)
    try:
        total, entries = store_history.read(store.connection, since=earliest, kinds=kinds, limit=limit, offset=offset)
    finally:
        store.close()
    if as_json:
        shown = [{"time": entry.time, "kind": entry.kind, "data": entry.data} for entry in entries]
        print_json({"total": total, "entries": shown})
    else:
        print_table(("time", "what", ""), [_row(entry) for entry in entries])
        print_rest(len(entries), offset, total)
    return ExitCode.OK


def _row(entry: Entry) -> tuple[str, str, str]:
    moment = datetime.fromisoformat(entry.time).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    told = "  ".join(f"{name}={_text(value)}" for name, value in entry.data.items() if value not in (None, ""))
    return moment, entry.kind, told


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
