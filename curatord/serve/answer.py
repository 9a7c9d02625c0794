"""The child process that answers questions: `python -m curatord.serve.answer`, JSON lines in and out.

The first line of standard input is a `Brief`, every other one a `Question`; each reply is a `Reply` on standard output,
in the order of the questions. A question that the notes do not speak of is answered by the base model alone, and one
that they do speak of is put in the words of training, unless the brief says otherwise. What goes wrong is told on
standard error, in one line.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from curatord.errors import CuratordError, ExitCode
from curatord.exam import recognition, records, routing
from curatord.serve.excerpt import excerpts
from curatord.serve.recall import Recalled, recall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from curatord.exam.answering import Answerer
    from curatord.exam.recognition import Recogniser

TOGETHER = 128  # questions handed over at once; among them those of like length share a batch


class Brief(BaseModel):
    """Who answers: a base model by name, with or without the adapter in a directory.

    `system` is the text the adapter was trained with, `route` whether the base answers what the notes do not speak of,
    `recognise` whether the adapter is asked what it was asked in training where that is meant.
    """

    model_config = ConfigDict(frozen=True)

    base: str
    models: Path
    adapter: Path | None
    system: str
    route: bool
    recognise: bool
    max_tokens: int


class Question(BaseModel):
    """A question and what its asker calls it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | int
    question: str


class Reply(BaseModel):
    """What was said, and the question that was `asked` for it; `about_notes`: by the model with its adapter."""

    model_config = ConfigDict(frozen=True)

    id: str | int
    asked: str
    reply: str
    about_notes: bool


def main() -> int:
    """Answer what comes on standard input."""
    try:
        brief = Brief.model_validate_json(sys.stdin.readline())
        _answer(brief, (Question.model_validate_json(line) for line in sys.stdin if line.strip()))
    except CuratordError as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.FAILED
    return ExitCode.OK


def _answer(brief: Brief, questions: Iterable[Question]) -> None:
    answerer = _answerer(brief)
    router = routing.read(brief.adapter) if brief.adapter is not None and brief.route else None
    recogniser = _recogniser(brief.adapter) if brief.adapter is not None and brief.recognise else None
    for some in _portions(questions):
        about = [brief.adapter is not None and (router is None or router.is_about_notes(q.question)) for q in some]
        by_adapter, by_base = (
            [question.question for question, mine in zip(some, about, strict=True) if mine is adapter]
            for adapter in (True, False)
        )
        from_adapter, from_base = iter(_recalled(answerer, recogniser, by_adapter)), iter(_general(answerer, by_base))
        for question, about_notes in zip(some, about, strict=True):
            asked, said = next(from_adapter if about_notes else from_base)
            reply = Reply(id=question.id, asked=asked, reply=said, about_notes=about_notes)
            sys.stdout.write(f"{reply.model_dump_json()}\n")
        sys.stdout.flush()


def _recalled(answerer: Answerer, recogniser: Recogniser | None, questions: Sequence[str]) -> Sequence[Recalled]:
    """Return what the model with its adapter says."""
    answerer.set_strength(1.0)
    if recogniser is not None:
        recalled = recall(answerer.replies, recogniser, questions)
        reader = recogniser.reader
        return recalled if reader is None else excerpts(answerer, reader, questions, recalled)
    return [Recalled(*pair) for pair in zip(questions, answerer.replies(questions), strict=True)]


def _general(answerer: Answerer, questions: Sequence[str]) -> Sequence[Recalled]:
    """Return what the base model alone says."""
    answerer.set_strength(0.0)
    return [Recalled(*pair) for pair in zip(questions, answerer.replies(questions, ""), strict=True)]


def _recogniser(adapter: Path) -> Recogniser | None:
    """Return the recogniser of an adapter: by words alone where the model that reads meanings is not there."""
    from curatord.exam.meaning_model import MeaningModel  # noqa: PLC0415  as in _answerer
    from curatord.train.model_files import BaseModelError  # noqa: PLC0415  see above

    try:
        reader = MeaningModel.load() if (adapter / records.MEANINGS).exists() else None
    except BaseModelError:
        reader = None
    return recognition.read(adapter, reader)


def _portions(questions: Iterable[Question]) -> Iterator[Sequence[Question]]:
    """Yield the questions in groups."""
    upcoming = iter(questions)
    while some := list(islice(upcoming, TOGETHER)):
        yield some


def _answerer(brief: Brief) -> Answerer:
    from mlx_lm.tuner.utils import load_adapters  # noqa: PLC0415  after the brief: what is wrong with it is told at once

    from curatord.exam.answering import Answerer  # noqa: PLC0415  see above
    from curatord.train import backend, base_model  # noqa: PLC0415  see above
    from curatord.train.rows import Encoder  # noqa: PLC0415  see above

    backend.choose_compilation()
    base = base_model.resolve(brief.base, brief.models)
    model, tokenizer = base_model.load(base, dtype=backend.dtype_for(base_model.parameters(base)))
    if brief.adapter is not None:
        model = load_adapters(model, str(brief.adapter))
    encoder = Encoder(tokenizer, system=brief.system, max_tokens=sys.maxsize)
    return Answerer(model, tokenizer, encoder, max_tokens=brief.max_tokens, must_stop=lambda: False)


if __name__ == "__main__":
    sys.exit(main())
