"""`curatord ask`: questions to the model in service."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json, printable
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from curatord.serve.answer import Brief, Question, Reply

MOST_SOURCES = 3


@click.command(short_help="Ask the model in service.")
@click.argument("question", required=False)
@click.option("--base", is_flag=True, help="Ask the base model without its adapter, for comparison.")
@click.option("--adapter", help="Ask another adapter than the one in service; the beginning of its id is enough.")
@click.option("--verbatim", is_flag=True, help="Ask in your very words, not in those of training that mean the same.")
@click.option("--alone", is_flag=True, help="Let the adapter answer everything, and in your very words.")
@click.option("--sources", is_flag=True, help="Add the notes that the answer should rest on.")
@click.option("--file", "source", type=click.Path(path_type=Path), help='Read {"id", "question"} lines; - is stdin.')
@click.option("--out", type=click.Path(path_type=Path), help='Write {"id", "reply"} lines here instead of stdout.')
@click.option("--max-tokens", type=click.IntRange(1), help="Tokens of a reply at most. [default: [exam] max_tokens]")
@json_option
@pass_setup
def ask(
    setup: Setup,
    /,
    question: str | None,
    source: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,  # noqa: ANN401  the flags above
) -> ExitCode:
    """Ask the model in service a QUESTION, or with --file many. Replies are greedy: the same question, the same reply.

    What the notes do not speak of is answered by the base model alone; what they do speak of is looked up among the
    questions of the adapter's training, and asked in their words. Needs no daemon.

    Example: curatord ask "Which port does the billing service listen on?"
    """
    if (question is None) == (source is None):
        raise UsageError("Name either a question or a --file of questions.", hint="See `curatord ask --help`.")
    brief = _brief(setup, **{name: options[name] for name in ("base", "adapter", "verbatim", "alone", "max_tokens")})
    if source is not None:
        return _answer_file(brief, source, out)
    from curatord.serve.answer import Question  # noqa: PLC0415  as below

    assert question is not None
    with _waiting():
        (reply,) = _replies(brief, [Question(id=0, question=question)])
    found = _sources(setup, question) if options["sources"] else []
    by = brief.adapter.name if brief.adapter is not None and reply.about_notes else brief.base
    if as_json:
        print_json(
            {"question": question, "by": by, **reply.model_dump(exclude={"id"})}
            | ({"sources": found} if options["sources"] else {})
        )
        return ExitCode.OK
    click.echo(printable(reply.reply))
    for place in found:
        click.echo(printable(f"  {place['file'] or place['path']}:{place['line']}  {place['statement']}"))
    return ExitCode.OK


def _brief(
    setup: Setup, *, base: bool, adapter: str | None, verbatim: bool, alone: bool, max_tokens: int | None
) -> Brief:
    from curatord.paths import state_directory  # noqa: PLC0415  pydantic and what is behind it take a while to load
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above
    from curatord.serve.ask import brief_for  # noqa: PLC0415  see above

    if base and adapter:
        raise UsageError("--base and --adapter exclude each other.")
    settings = setup.settings()
    adapters = Adapters(state_directory(settings.state.dir))
    chosen = None if base else adapters.find(adapter) if adapter else adapters.in_service()
    brief = brief_for(chosen, settings)
    return brief.model_copy(
        update={
            "route": brief.route and not alone,
            "recognise": brief.recognise and not (alone or verbatim),
            "max_tokens": max_tokens or brief.max_tokens,
        }
    )


def _answer_file(brief: Brief, source: Path, out: Path | None) -> ExitCode:
    import orjson  # noqa: PLC0415  needed here alone

    questions = _read(source)
    with (
        _opened(out) as lines,
        click.progressbar(
            _replies(brief, questions),
            length=len(questions),
            label="answering",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as replies,
    ):
        for reply in replies:
            lines.write(orjson.dumps({"id": reply.id, "reply": reply.reply}) + b"\n")
    return ExitCode.OK


def _opened(out: Path | None) -> AbstractContextManager[IO[bytes]]:
    if out is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return out.open("wb")
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror}.") from error


def _read(source: Path) -> list[Question]:
    from pydantic import ValidationError  # noqa: PLC0415  see above

    from curatord.serve.answer import Question  # noqa: PLC0415  see above

    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{source} cannot be read: {getattr(error, 'strerror', error)}.") from error
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(Question.model_validate_json(line))
            except ValidationError as error:
                hint = 'Each line is a JSON object: {"id": "q1", "question": "..."}.'
                raise UsageError(f"{source}:{number} is no question.", hint=hint) from error
    return found


def _replies(brief: Brief, questions: list[Question]) -> Iterator[Reply]:
    from curatord.serve.ask import ask as answers  # noqa: PLC0415  see above

    return answers(brief, questions)


def _waiting() -> AbstractContextManager[object]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415  needed here alone

    return Console(stderr=True).status("thinking")


def _sources(setup: Setup, question: str) -> list[dict[str, Any]]:
    """Return where the notes speak of a question: the best facts that full-text search finds."""
    from curatord.serve.sources import sources  # noqa: PLC0415  the store is needed here alone

    return [asdict(place) for place in sources(setup.peek_state().store, question, MOST_SOURCES)]
