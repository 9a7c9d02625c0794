"""`curatord gaps`: what to learn next, and whether one question is known. No daemon is needed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json, print_table, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import CuratordError, ExitCode, UsageError

if TYPE_CHECKING:
    from curatord.config import Settings
    from curatord.exam.check import Checked
    from curatord.exam.gaps import Gap
    from curatord.exam.interrogate import Interrogated
    from curatord.paths import StateDirectory


@click.group(invoke_without_command=True, short_help="Show what to learn next, or check whether a question is known.")
@click.option("--topic", metavar="TEXT", help="Only notes whose path or title holds this.")
@click.option("-n", "most", type=click.IntRange(1, 1000), default=20, show_default=True, help="Show so many.")
@json_option
@click.pass_context
def gaps(ctx: click.Context, topic: str | None, most: int, as_json: bool) -> ExitCode:
    """Show what to learn next: notes not taught yet or known badly, and questions that no note speaks of.

    Reads the store directly: works with and without a daemon.

    Example: curatord gaps --topic orders
    """
    if ctx.invoked_subcommand is not None:
        return ExitCode.OK
    from curatord.exam.embedding import installed  # noqa: PLC0415  NumPy and a model, which no other command needs
    from curatord.exam.survey import survey  # noqa: PLC0415  see above

    setup: Setup = ctx.obj
    found = survey(_state(setup.settings()), model=installed(), topic=topic, most=most)
    if as_json:
        print_json({"adapter": found.adapter, "absent": found.absent, "gaps": [_as_json(gap) for gap in found.gaps]})
        return ExitCode.OK
    rows = [(f"{gap.score:.2f}", gap.evidence.kind, gap.evidence.topic, gap.reason) for gap in found.gaps]
    print_table(("score", "kind", "what", "why"), rows)
    if topic is not None:
        parts = [(part.facts, gap.evidence.kind, part.heading) for gap in found.gaps for part in gap.evidence.parts]
        print_table(("facts", "kind", "heading"), parts)
    _print_absent(found.absent)
    return ExitCode.OK


@gaps.command(short_help="Tell whether a question is known, weak or unknown.")
@click.argument("question")
@click.option("--no-model", is_flag=True, help="Do not ask the model, which takes seconds to load.")
@json_option
@pass_setup
def check(setup: Setup, question: str, no_model: bool, as_json: bool) -> ExitCode:
    """Tell whether a question is known, weak or unknown, by three figures.

    Embedding: how near it is to a fact of the notes. Interrogation: how sure the model is of its reply. Retrieval: how
    much of its words one pair holds. Questions that the notes do not speak of are kept for `curatord gaps`.

    Example: curatord gaps check "Which port does the gateway listen on?"
    """
    if not question.strip():
        raise UsageError("There is no question.", hint='Give one: curatord gaps check "Which port ...?"')
    checked = _check(setup.settings(), question, ask=not no_model)
    if as_json:
        print_json(asdict(checked))
        return ExitCode.OK
    click.echo(printable(f"{checked.standing}: {checked.reason}."))
    for line in _figures(checked):
        click.echo(printable(line))
    _print_absent(checked.absent)
    return ExitCode.OK


def _check(settings: Settings, question: str, *, ask: bool) -> Checked:
    from curatord.exam.check import Checked, Standing, stand  # noqa: PLC0415  see above
    from curatord.exam.embedding import installed  # noqa: PLC0415  see above
    from curatord.exam.survey import NO_ADAPTER, NO_MODEL, check_question, reading  # noqa: PLC0415  see above
    from curatord.exam.unanswered import remember  # noqa: PLC0415  see above

    state, model = _state(settings), installed()
    absent = {} if model is not None else {"embedding": NO_MODEL}
    with reading(state) as connection:
        near, found, service = check_question(connection, state, question, model)
    said = None
    if service is None:
        absent["interrogation"] = NO_ADAPTER
    elif not ask:
        absent["interrogation"] = "the model was not asked"
    else:
        try:
            said = _ask(settings, state, question)
        except CuratordError as error:  # the other two figures are worth having
            absent["interrogation"] = str(error)
    standing, reason = stand(near, found, said, service)
    if standing is Standing.UNKNOWN and settings.gaps.remember:
        remember(state.path, question, datetime.now(UTC))
    return Checked(question, standing, reason, near, said, found, absent)


def _ask(settings: Settings, state: StateDirectory, question: str) -> Interrogated:
    from curatord.exam.interrogate import Questioning, interrogate_apart  # noqa: PLC0415  see above
    from curatord.train.model_files import models_directory  # noqa: PLC0415  see above

    request = Questioning(
        adapter=state.current.resolve(),
        models=models_directory(settings.training.models),
        system=settings.pairs.system,
        questions=(question,),
        max_tokens=settings.exam.max_tokens,
        samples=settings.gaps.samples,
        seed=settings.training.seed,
    )
    (said,) = interrogate_apart(request)
    return said


def _state(settings: Settings) -> StateDirectory:
    from curatord.paths import state_directory  # noqa: PLC0415  as the other imports, when it is needed

    return state_directory(settings.state.dir)


def _as_json(gap: Gap) -> dict[str, Any]:
    evidence = asdict(gap.evidence)
    head = {name: evidence.pop(name) for name in ("kind", "topic", "title")}
    return {"score": gap.score, **head, "reason": gap.reason, "evidence": evidence}


def _figures(checked: Checked) -> list[str]:
    near, said, found = checked.embedding, checked.interrogation, checked.retrieval
    lines = [f'embedding      distance {near.distance:.2f} to "{near.text}" ({near.topic})'] if near else []
    if said:
        agreed = "" if said.agreement is None else f", agreement {said.agreement:.2f}"
        lines.append(f'interrogation  entropy {said.entropy:.2f} nats{agreed}: "{said.reply}"')
    best = f': "{found.best.question}" ({found.best.topic})' if found.best else ""
    lines.append(f"retrieval      {found.hits} hits, share {found.share:.2f}, strength {found.strength:.2f}{best}")
    return lines


def _print_absent(absent: dict[str, str]) -> None:
    for signal, why in absent.items():
        click.echo(printable(f"not measured: {signal} ({why})"), err=True)
