"""What people say of pairs: `curatord pairs judge`, `curatord pairs edit`, `curatord judgements`."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, page_options, print_json, print_rest, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.training_text import moment
from curatord.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from curatord.control.client import Client

VERDICTS = ("up", "down", "edited")
_TEXTS = ("question", "answer", "rejected")
_WORD = {"up": "thumbed up", "down": "thumbed down", "edited": "edited", None: "as it was made"}

fact_option = click.option(
    "--fact", "whole_fact", is_flag=True, help="The same for every pair that asks for this fact in this note."
)


@click.command(short_help="Approve or reject pairs, or take that back.")
@click.argument("identities", metavar="ID...", nargs=-1, required=True)
@click.option("--up", "wish", flag_value="up", help="Keep it, before others that ask the same.")
@click.option("--down", "wish", flag_value="down", help="Never train on it, nor ask it, as long as its fact stands.")
@click.option("--clear", "wish", flag_value="clear", help="Forget what was said of it, an edit too.")
@fact_option
@json_option
@pass_setup
def judge(setup: Setup, identities: tuple[str, ...], wish: str | None, whole_fact: bool, as_json: bool) -> ExitCode:
    """Say that pairs are good, or that they are not to be used; the beginning of an id is enough.

    It is kept apart from what is made of the notes, and respected whenever that is made again. A rejected pair comes
    back only with another fact. A thumb up on an edited pair brings back an edit that a thumb down overruled.

    Example: curatord pairs judge 4f1d --down

    Example: curatord pairs judge 4f1d --clear
    """
    if wish is None:
        raise UsageError("What is to be said of it?", hint="Give --up, --down or --clear.")
    client = setup.client()
    answers = [_judge(client, _checked(identity), wish, whole_fact) for identity in identities]
    done = {
        "judgements": sum(answer["judgements"] for answer in answers),
        "pairs": [pair for answer in answers for pair in answer["pairs"]],
    }
    _tell(done, as_json)
    return ExitCode.OK


@click.command(short_help="Edit a pair's question and answer.")
@click.argument("identity", metavar="ID")
@click.option("--question", metavar="TEXT", help="The question as it should be.")
@click.option("--answer", metavar="TEXT", help="The answer as it should be.")
@click.option("--rejected", metavar="TEXT", help="An answer to train against.")
@fact_option
@json_option
@pass_setup
def edit(setup: Setup, /, identity: str, whole_fact: bool, as_json: bool, **texts: str | None) -> ExitCode:
    """Edit a pair: it is trained on, or asked, as you write it. Without a text, $EDITOR opens.

    An answer corrected in its numbers or names is trained against the old one. `curatord pairs judge ID --clear` takes
    the edit back. With --fact the answer of every pair of the fact is edited.

    Example: curatord pairs edit 4f1d --answer "The cold store keeps seeds at 5 degrees."
    """
    client = setup.client()
    changed = {name: text for name, text in texts.items() if text is not None}
    if not changed:
        changed = _edited(client.get(f"/v1/pairs/{_checked(identity)}"))
    if not changed:
        click.echo("Nothing was changed.", err=True)
        return ExitCode.OK
    body = {"verdict": "edited", "by": "cli", "whole_fact": whole_fact, **changed}
    _tell(client.post(f"/v1/pairs/{_checked(identity)}/judgement", body), as_json)
    return ExitCode.OK


@click.group(short_help="List what was said of pairs.")
def judgements() -> None:
    """Look at what people said of pairs; see `curatord pairs judge` and `curatord pairs edit`."""


@judgements.command("list", short_help="List judgements, the latest first.")
@click.option("--verdict", type=click.Choice(VERDICTS), help="Only these.")
@click.option("--dormant", is_flag=True, help="Only those whose pair is not there (any more).")
@page_options
@json_option
@pass_setup
def list_judgements(
    setup: Setup, verdict: str | None, dormant: bool, limit: int, offset: int, as_json: bool
) -> ExitCode:
    """List what was said of pairs, the latest first.

    A dormant judgement is one whose fact is gone; it is in force again when the same fact comes back.

    Example: curatord judgements list --verdict down
    """
    state = "dormant" if dormant else None
    answer = setup.client().get("/v1/judgements", verdict=verdict, state=state, limit=limit, offset=offset)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    rows = [_row(entry) for entry in answer["judgements"]]
    print_table(("pair", "verdict", "state", "when", "by", "note", "question", "answer"), rows)
    print_rest(len(rows), offset, answer["total"])
    return ExitCode.OK


def _judge(client: Client, identity: str, wish: str, whole_fact: bool) -> dict[str, Any]:
    path = f"/v1/pairs/{identity}/judgement"
    if wish == "clear":
        return client.delete(path, whole_fact="true" if whole_fact else None)
    return client.post(path, {"verdict": wish, "by": "cli", "whole_fact": whole_fact})


def _checked(identity: str) -> str:
    if not identity.isalnum():
        raise UsageError(f"{identity!r} is no pair's id.", hint="`curatord pairs list` shows them.")
    return identity


def _tell(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    if not answer["pairs"]:
        click.echo(f"Forgotten: {answer['judgements']}. No pair was concerned.")
    for pair in answer["pairs"]:
        click.echo(printable(f"{pair['id']}  {_WORD[pair['verdict']]}: {pair['question']} {pair['answer']}"))


def _row(entry: dict[str, Any]) -> tuple[object, ...]:
    return (
        entry["pair"],
        entry["verdict"],
        entry["state"].replace("_", " "),
        moment(entry["judged_at"]),
        entry["judged_by"],
        f"{entry['root']}/{entry['path']}",
        entry["question"] or entry["made_question"],
        entry["answer"] or entry["made_answer"],
    )


def _edited(pair: dict[str, Any]) -> dict[str, str]:
    """Have a pair edited in $EDITOR; return the texts that changed."""
    if not sys.stdin.isatty() and not ({"VISUAL", "EDITOR"} & os.environ.keys()):
        raise UsageError("There is no terminal to edit it on.", hint="Give --question, --answer or --rejected.")
    before = {name: pair[name] or "" for name in _TEXTS}
    page = _EXPLAINED + "".join(f"\n--- {name} ---\n{text}\n" for name, text in before.items())
    page = click.edit(page, extension=".txt", require_save=False) or page
    parts = re.split(rf"^--- ({'|'.join(_TEXTS)}) ---[ \t]*$", page, flags=re.MULTILINE)
    texts = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    return {name: text for name, text in texts.items() if text and text != before[name].strip()}


_EXPLAINED = """\
Change the texts below their headings and save. What is left as it is, or left empty, stays.
The rejected answer is what the model is trained against.
"""
