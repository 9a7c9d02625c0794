"""`curatord pairs`: what was made of the notes."""

from __future__ import annotations

import textwrap
from typing import Any

import click

from curatord.cli import judgements
from curatord.cli.output import json_option, page_options, print_json, print_rest, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.cli.source import excerpt, parse_position
from curatord.cli.training_text import moment
from curatord.errors import ExitCode, UsageError

_REASONS = (
    *("low_score", "nothing_new", "repeated", "over_limit", "no_question", "chat_token"),
    *("thumbed_down", "equal_question", "repeated_fact", "superseded"),
)
_DROPPED_BY = frozenset(("document", "reason", "limit", "offset"))
_CATEGORIES = ("factual", "analytical", "practical", "critical", "comparative")


@click.group(short_help="List, show, search, count, judge and edit pairs.")
def pairs() -> None:
    """Look at the question/answer pairs that were made of the notes, and say what you think of them."""


pairs.add_command(judgements.judge)
pairs.add_command(judgements.edit)


@pairs.command("list")
@click.option("--category", type=click.Choice(_CATEGORIES), help="Only questions of this category.")
@click.option("--document", metavar="PATH", help="Only pairs of this note (its path below the memory root).")
@click.option("--split", type=click.Choice(("train", "test")), help="Only those trained on, or kept for the exam.")
@click.option(
    "--strategy", type=click.Choice(("vague", "unspecific", "wrong", "stale")), help="How the rejected answer was made."
)
@click.option("--kind", type=click.Choice(("knowledge", "episodes")), help="Only from roots of this kind.")
@click.option("--min-score", type=click.FloatRange(0, 1), help="Only pairs of this quality or better.")
@click.option(
    "--judged", type=click.Choice((*judgements.VERDICTS, "any")), help="Only pairs that you judged so, kept or not."
)
@click.option("--dropped", is_flag=True, help="What gave no pair, and why.")
@click.option("--reason", type=click.Choice(_REASONS), help="With --dropped: only what was dropped for this.")
@page_options
@json_option
@pass_setup
def list_(setup: Setup, /, as_json: bool, dropped: bool, reason: str | None, **query: Any) -> ExitCode:  # noqa: ANN401  the options above, by name
    """List pairs in the order of their notes, or what gave none.

    Example: curatord pairs list --category practical --min-score 0.8

    Example: curatord pairs list --dropped --document orders.md
    """
    if dropped or reason:
        _print_dropped(setup, query | {"reason": reason}, as_json)
        return ExitCode.OK
    _print_page(setup.client().get("/v1/pairs", **query), query["offset"], as_json, verdicts=bool(query["judged"]))
    return ExitCode.OK


@pairs.command()
@click.argument("words", nargs=-1, required=True)
@page_options
@json_option
@pass_setup
def search(setup: Setup, words: tuple[str, ...], limit: int, offset: int, as_json: bool) -> ExitCode:
    """Find pairs that hold all these words, the best matches first.

    "Quoted words" must stand together; `word*` finds all words that begin so.

    Example: curatord pairs search backup 'restor*'
    """
    answer = setup.client().get("/v1/pairs/search", q=" ".join(words), limit=limit, offset=offset)
    _print_page(answer, offset, as_json)
    return ExitCode.OK


@pairs.command(short_help="Show one pair and every place where it stands.")
@click.argument("identity", metavar="ID")
@json_option
@pass_setup
def show(setup: Setup, identity: str, as_json: bool) -> ExitCode:
    """Show one pair: question, answers, score, and every place where it stands.

    The beginning of the id is enough where no other pair's begins so.

    Example: curatord pairs show 4f1d
    """
    if not identity.isalnum():
        raise UsageError(f"{identity!r} is no pair's id.", hint="`curatord pairs list` shows them.")
    answer = setup.client().get(f"/v1/pairs/{identity}")
    if as_json:
        print_json(answer)
    else:
        click.echo(printable(_describe(answer)))
    return ExitCode.OK


@pairs.command()
@click.argument("position", metavar="FILE:LINE")
@json_option
@pass_setup
def why(setup: Setup, position: str, as_json: bool) -> ExitCode:
    """List what a line of a note gave: the facts that rest on it, and the questions that ask for them.

    Without :LINE, what the whole note gave.

    Example: curatord pairs why notes/orders.md:12
    """
    file, line = parse_position(position)
    answer = setup.client().get("/v1/documents/facts", file=str(file), line=line)
    if as_json:
        print_json(answer)
        return ExitCode.OK
    if not answer["facts"]:
        click.echo(f"Nothing was made of {position}; `curatord coverage {file}` says what is left out, and why.")
    for fact in answer["facts"]:
        click.echo(printable(_describe_fact(fact)))
    return ExitCode.OK


@pairs.command()
@json_option
@pass_setup
def stats(setup: Setup, as_json: bool) -> ExitCode:
    """Count the pairs by category, split, strategy, extractor and score, and what gave none by reason.

    Example: curatord pairs stats
    """
    answer = setup.client().get("/v1/pairs/stats")
    if as_json:
        print_json(answer)
        return ExitCode.OK
    rows = [("all", "", answer["total"]), ("equal questions left out", "", answer["duplicates"])]
    for group in ("category", "split", "strategy", "extractor"):
        rows += [(group, name, number) for name, number in answer[f"by_{group}"].items()]
    if answer["mean_score"] is not None:
        rows.append(("mean score", "", f"{answer['mean_score']:.3f}"))
    rows += [("score", f"{band['least']:.2f}-{band['most']:.2f}", band["pairs"]) for band in answer["scores"]]
    rows += [("dropped", reason, number) for reason, number in answer["dropped"].items()]
    print_table(("", "", "pairs"), rows)
    return ExitCode.OK


def _print_dropped(setup: Setup, query: dict[str, Any], as_json: bool) -> None:
    others = [name for name, value in query.items() if value is not None and name not in _DROPPED_BY]
    if others:
        raise UsageError(
            f"--{others[0].replace('_', '-')} does not go with --dropped.", hint="--document and --reason do."
        )
    client = setup.client()
    answer = client.get("/v1/pairs/dropped", **{name: query[name] for name in _DROPPED_BY})
    if as_json:
        print_json(answer)
        return
    rows = [
        (
            f"{one['path']}:{one['first_line']}",
            one["reason"],
            one["detail"],
            "" if one["score"] is None else f"{one['score']:.2f}",
            one["question"],
            one["answer"],
        )
        for one in answer["dropped"]
    ]
    print_table(("note", "reason", "detail", "score", "question", "answer"), rows)
    print_rest(len(rows), query["offset"], answer["total"])


def _print_page(answer: dict[str, Any], offset: int, as_json: bool, *, verdicts: bool = False) -> None:
    if as_json:
        print_json(answer)
        return
    rows = [
        (pair["id"], pair["category"], f"{pair['score']:.2f}", pair["question"], pair["answer"])
        + ((pair["verdict"],) if verdicts else ())
        for pair in answer["pairs"]
    ]
    print_table(("id", "category", "score", "question", "answer", *(("judged",) if verdicts else ())), rows)
    print_rest(len(rows), offset, answer["total"])


def _describe(pair: dict[str, Any]) -> str:
    parts = ", ".join(f"{name} {value:.2f}" for name, value in pair["parts"].items())
    lines = [
        f"{pair['id']}  {pair['category']}, {pair['split']}",
        "",
        _wrapped("question", pair["question"]),
        _wrapped("answer", pair["answer"]),
    ]
    if pair["rejected"] is not None:
        lines.append(_wrapped(pair["strategy"], pair["rejected"]))
    if pair["verdict"]:
        lines.append(_wrapped("judged", f"{pair['verdict']}, {moment(pair['judged_at'])}, by {pair['judged_by']}"))
    if made := pair["made"]:
        lines.append(_wrapped("made as", f"{made['id']}: {made['question']} {made['answer']}"))
    lines += [
        _wrapped("score", f"{pair['score']:.2f} ({parts})"),
        *(_describe_place(place, pair["verdict"]) for place in pair["places"]),
    ]
    return "\n".join(lines)


def _describe_place(place: dict[str, Any], verdict: str | None) -> str:
    where = f"{place['root']}/{place['path']}:{place['first_line']}-{place['last_line']}"
    headings = " > ".join(place["heading_path"]) or place["title"]
    made = f"{place['extractor']}, phrasing {place['phrasing']}"
    left_out = "" if place["kept"] else f"; {_why_not(verdict)}"
    lines = [
        "",
        _wrapped("from", where),
        _wrapped("section", headings),
        _wrapped("fact", place["statement"]),
        _wrapped("made by", made + left_out),
        *(f"{'':12}{line}" for line in excerpt(place["file"], place["first_line"], place["last_line"])),
    ]
    return "\n".join(lines)


def _describe_fact(fact: dict[str, Any]) -> str:
    where = f"lines {fact['first_line']}-{fact['last_line']}"
    questions = [
        f"{'':4}{pair['id']}  {'exam' if pair['split'] == 'test' else pair['category']}: {pair['question']}"
        + ("" if pair["kept"] else f" ({_why_not(pair['verdict'])})")
        for pair in fact["pairs"]
    ]
    return "\n".join([f"{where}, {fact['extractor']}: {fact['statement']}", *questions, ""])


def _why_not(verdict: str | None) -> str:
    return "thumbed down" if verdict == "down" else "an equal question of another note is kept instead"


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(text, 100, initial_indent=f"{label:<12}", subsequent_indent=" " * 12)
