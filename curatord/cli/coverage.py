"""`curatord coverage`: what of the notes no question asks about."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.source import parse_position
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.control.client import Client
    from curatord.curate.coverage import Coverage

PAGE = 1000


@click.command(short_help="Show what of the notes no question asks about.")
@click.argument("file", required=False)
@json_option
@pass_setup
def coverage(setup: Setup, file: str | None, as_json: bool) -> ExitCode:
    """Show how many sections, figures and code blocks questions ask about; of one FILE also the others, and why.

    Example: curatord coverage notes/orders.md
    """
    client = setup.client()
    if file is not None:
        path, _ = parse_position(file)
        found = _cover(client, path)
        print_json(_as_json(path, found)) if as_json else _print_gaps(found)
        return ExitCode.OK
    rows = list(_cover_all(client))
    if as_json:
        print_json({"documents": [_as_json(path, found) for path, found in rows]})
    else:
        print_table(("note", "sections", "figures", "code"), [(path, *_shares(found)) for path, found in rows])
    return ExitCode.OK


def _cover_all(client: Client) -> Iterator[tuple[Path, Coverage]]:
    files = [Path(entry["file"]) for entry in _documents(client) if entry["file"]]
    with click.progressbar(files, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for file in bar:
            try:
                yield file, _cover(client, file)
            except CuratordError as error:  # a note may go while the others are looked at
                click.echo(f"curatord: {error}", err=True)


def _documents(client: Client) -> Iterator[dict[str, Any]]:
    offset, total = 0, 1
    while offset < total:
        page = client.get("/v1/documents", limit=PAGE, offset=offset)
        yield from page["documents"]
        offset, total = offset + PAGE, page["total"]


def _cover(client: Client, file: Path) -> Coverage:
    # The parser takes a tenth of a second to import, which no other command needs.
    from curatord.curate.coverage import Told, coverage  # noqa: PLC0415
    from curatord.memory.document import Kind, Lines  # noqa: PLC0415
    from curatord.memory.note import parse_note  # noqa: PLC0415
    from curatord.memory.reader import read_file  # noqa: PLC0415

    facts = client.get("/v1/documents/facts", file=str(file))["facts"]
    data = read_file(file, max_bytes=sys.maxsize - 1)
    document = parse_note(data, root="", path=file.name, kind=Kind.KNOWLEDGE)
    told = [Told(Lines(fact["first_line"], fact["last_line"]), fact["statement"]) for fact in facts]
    return coverage(document, told)


def _print_gaps(found: Coverage) -> None:
    sections, figures, code = _shares(found)
    click.echo(f"sections {sections}, figures {figures}, code blocks {code}")
    if found.gaps:
        print_table(("line", "kind", "what", "why"), [(gap.line, gap.part, gap.what, gap.reason) for gap in found.gaps])


def _shares(found: Coverage) -> list[str]:
    return [f"{found.covered(part)}/{number}" for part, number in found.total.items()]


def _as_json(file: Path, found: Coverage) -> dict[str, Any]:
    return {
        "file": str(file),
        "total": dict(found.total),
        "covered": {part: found.covered(part) for part in found.total},
        "gaps": [asdict(gap) for gap in found.gaps],
    }
