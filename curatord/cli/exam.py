"""`curatord exam` and `curatord topics`: what the model in service knows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.adapters import chosen
from curatord.cli.output import json_option, print_json, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from curatord.exam.forgotten import Forgotten
    from curatord.exam.records import Exam, Part, Reply


@click.command(short_help="Show the exam of the adapter in service.")
@click.argument("adapter", required=False)
@click.option("--failed", is_flag=True, help="List the questions that were answered wrong.")
@click.option("--deleted", is_flag=True, help="Ask for facts that have left the notes: are they still said?")
@json_option
@pass_setup
def exam(setup: Setup, adapter: str | None, failed: bool, deleted: bool, as_json: bool) -> ExitCode:
    """Show the exam of an ADAPTER, or of the one in service: by category, by kind of fact, and every miss.

    Example: curatord exam --failed
    """
    from curatord.exam.records import read_exam, read_replies  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above

    found = chosen(Adapters(setup.peek_state()), adapter)
    if deleted:
        return _show_forgotten(setup, found.id, as_json=as_json)
    record, replies = read_exam(found.path), read_replies(found.path)
    wrong = [reply for reply in replies if not reply.right]
    if as_json:
        shown = wrong if failed else replies
        told = record.model_dump(mode="json") if record else None
        print_json({"adapter": found.id, "exam": told, "replies": [one.model_dump(mode="json") for one in shown]})
    elif record is None:
        click.echo(f"{found.id} has sat no exam.")
    elif failed:
        _print_wrong(wrong)
    else:
        _print_exam(found.id, record)
    return ExitCode.OK


@click.command(short_help="Show which notes are mastered, weak, or not taught yet.")
@json_option
@pass_setup
def topics(setup: Setup, as_json: bool) -> ExitCode:
    """Show every note with what the model in service knows of it: mastered, weak, taught but not asked, untaught.

    Example: curatord topics --json | jq '.topics[] | select(.standing == "weak")'
    """
    from curatord.exam import topics as known  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.paths import state_directory  # noqa: PLC0415  see above
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above
    from curatord.store.database import Store  # noqa: PLC0415  see above

    settings = setup.settings()
    state = state_directory(settings.state.dir)
    adapter = Adapters(state).in_service()
    record = adapter.exam() if adapter else None
    reader = Store.open_reader(state.store)
    try:
        found = known.topics(reader.connection, record.topics if record else {}, settings.exam.mastery)
    finally:
        reader.close()
    if as_json:
        print_json({"adapter": adapter.id if adapter else None, "topics": [asdict(one) for one in found]})
        return ExitCode.OK
    rows = [(one.topic, one.standing, _share(one.right, one.asked), one.pairs, one.taught) for one in found]
    print_table(("note", "standing", "exam", "pairs", "taught"), rows)
    return ExitCode.OK


def _show_forgotten(setup: Setup, adapter: str, *, as_json: bool) -> ExitCode:
    from curatord.exam.forgotten import forgotten  # noqa: PLC0415  see above
    from curatord.paths import state_directory  # noqa: PLC0415  see above
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above
    from curatord.serve.answer import Question  # noqa: PLC0415  see above
    from curatord.serve.ask import ask, brief_for  # noqa: PLC0415  see above

    settings = setup.settings()
    state = state_directory(settings.state.dir)
    brief = brief_for(Adapters(state).find(adapter), settings).model_copy(update={"recognise": False})

    def answers(questions: list[str]) -> list[str]:
        asked = [Question(id=number, question=question) for number, question in enumerate(questions)]
        return [reply.reply for reply in ask(brief, asked)] if asked else []

    found = forgotten(state.store, state.runs / adapter / "snapshot", answers)
    if as_json:
        print_json({"adapter": adapter, "facts": [asdict(one) for one in found]})
    else:
        _print_forgotten(found)
    return ExitCode.OK


def _print_forgotten(found: list[Forgotten]) -> None:
    said = [one for one in found if one.still_said]
    click.echo(f"{len(found)} facts have left the notes since the adapter was made; {len(said)} are still said.")
    for one in said:
        click.echo(printable(f"\nQ: {one.question}\n   was:  {one.answer}\n   says: {one.reply}"))


def _print_exam(adapter: str, record: Exam) -> None:
    change = record.kept.exam
    against = f"adapter {record.against}" if record.against else "the base alone"
    click.echo(f"{adapter}: {change.after} of {change.asked} right, {change.before} before it ({against})")
    interval = f"{100 * change.low:+.1f} to {100 * change.high:+.1f}"
    click.echo(f"gain {100 * change.gain:+.1f} points, 95 % {interval}, p = {change.p:.2g}")
    kept, before = record.kept.general, record.general_before
    click.echo(f"general knowledge: {kept.right} of {kept.asked}, {before.right} by the base")
    if record.gone:
        start = f"went on from {record.against}" if record.continued else "started from the base"
        click.echo(
            f"facts gone from the notes: {record.gone.right} of {record.gone.asked} still said; training {start}"
        )
    click.echo(f"{'promoted' if record.promote else 'candidate'}: {printable(record.reason)}")
    for name, table in (("category", record.categories), ("kind of fact", record.kinds)):
        click.echo()
        print_table((name, "asked", "before", "after", "95 %"), [_row(part, table[part]) for part in table])
    if record.judged:
        kappa = "" if record.judged.kappa is None else f", kappa {record.judged.kappa:.2f}"
        share = 100 * record.judged.share
        click.echo(
            f"judge {record.judged.judge}: agrees with the keys on {share:.0f} % of {record.judged.asked}{kappa}"
        )
    for warning in record.warnings:
        click.echo(f"warning: {printable(warning)}")


def _row(name: str, part: Part) -> tuple[Any, ...]:
    from curatord.exam.statistics import wilson  # noqa: PLC0415  needed here alone

    sure = wilson(part.after, part.asked)
    return (
        name,
        part.asked,
        part.before,
        f"{part.after} ({_share(part.after, part.asked)})",
        f"{100 * sure.low:.0f} to {100 * sure.high:.0f}",
    )


def _print_wrong(wrong: list[Reply]) -> None:
    for reply in wrong:
        click.echo(
            printable(f"{reply.topic}\nQ: {reply.question}\n   note:  {reply.answer}\n   reply: {reply.reply}\n")
        )


def _share(right: int, asked: int) -> str:
    return f"{100 * right / asked:.0f} %" if asked else ""
