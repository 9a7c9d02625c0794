"""Asking the model in service from a process that does not load it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from curatord.errors import CuratordError
from curatord.serve.answer import Brief, Question, Reply
from curatord.train.environment import training_environment
from curatord.train.model_files import models_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from curatord.config import Settings
    from curatord.serve.adapters import Adapter

COMMAND = (sys.executable, "-m", "curatord.serve.answer")


class AnswerError(CuratordError):
    """The model cannot be asked."""


def brief_for(adapter: Adapter | None, settings: Settings) -> Brief:
    """Return who answers: an adapter on the base it was made for, or the configured base alone.

    Raises StoreError where the adapter's configuration cannot be read.
    """
    about = adapter.config().get("curatord", {}) if adapter is not None else {}
    return Brief(
        base=about.get("base", settings.training.base),
        models=models_directory(settings.training.models),
        adapter=adapter.path if adapter is not None else None,
        system=about.get("system", settings.pairs.system),
        route=settings.exam.route,
        recognise=settings.exam.recognise,
        max_tokens=settings.exam.max_tokens,
    )


def ask(brief: Brief, questions: Iterable[Question]) -> Iterator[Reply]:
    """Yield a reply to each question, in their order; raises AnswerError where the child process fails."""
    with subprocess.Popen(  # noqa: S603  our own interpreter and module
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=training_environment(os.environ),
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        errors: list[bytes] = []
        listening = threading.Thread(target=lambda stream: errors.append(stream.read()), args=(child.stderr,))
        listening.start()
        # All questions at once: those of like length are answered together. A file of them is far smaller than a model.
        lines = [brief.model_dump_json(), *(question.model_dump_json() for question in questions)]
        telling = threading.Thread(target=_tell, args=(child, "".join(f"{line}\n" for line in lines).encode()))
        telling.start()
        for line in child.stdout:
            yield Reply.model_validate_json(line)
        telling.join()
        listening.join()
    if child.returncode != 0:
        said = b"".join(errors).decode(errors="replace").strip().splitlines()
        raise AnswerError(said[-1] if said else f"The process that answers ended with {child.returncode}.")


def _tell(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # it has ended; why, it has said
        child.stdin.write(data)
        child.stdin.close()
