"""`curatord documents` and `curatord problems`: what was read, what was not, and why."""

from __future__ import annotations

import click

from curatord.cli.output import json_option, page_options, print_json, print_rest, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode


@click.command(short_help="List the notes, or those skipped and why.")
@click.option("--skipped", is_flag=True, help="List the notes that give nothing instead, with the reason.")
@page_options
@json_option
@pass_setup
def documents(setup: Setup, skipped: bool, limit: int, offset: int, as_json: bool) -> ExitCode:
    """List the notes that were read, with the number of facts and training pairs that each gave.

    Example: curatord documents --skipped
    """
    if skipped:
        _list_skipped(setup, limit, offset, as_json)
        return ExitCode.OK
    answer = setup.client().get("/v1/documents", limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    rows = [
        (note["root"], note["path"], note["language"], note["date"], note["words"], note["facts"], note["pairs"])
        for note in answer["documents"]
    ]
    print_table(("root", "path", "language", "date", "words", "facts", "pairs"), rows)
    print_rest(len(rows), offset, answer["total"])
    return ExitCode.OK


@click.command(short_help="List what could not be read, and why.")
@page_options
@json_option
@pass_setup
def problems(setup: Setup, limit: int, offset: int, as_json: bool) -> ExitCode:
    """List what is wrong with notes and memory roots; each problem goes when its cause is gone.

    Example: curatord problems --json
    """
    answer = setup.client().get("/v1/problems", limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    rows = [
        (problem["root"], problem["path"], problem["line"], problem["code"], problem["message"], problem["since"])
        for problem in answer["problems"]
    ]
    print_table(("root", "path", "line", "code", "problem", "since"), rows)
    print_rest(len(rows), offset, answer["total"])
    return ExitCode.OK


def _list_skipped(setup: Setup, limit: int, offset: int, as_json: bool) -> None:
    answer = setup.client().get("/v1/documents/skipped", limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return
    rows = [(note["root"], note["path"], note["outcome"], note["reason"]) for note in answer["skipped"]]
    print_table(("root", "path", "outcome", "reason"), rows)
    print_rest(len(rows), offset, answer["total"])
