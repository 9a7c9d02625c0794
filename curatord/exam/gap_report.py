"""`gaps.md` in the state directory: what to learn next, for an agent to read.

    python -m curatord.exam.gap_report STATE_DIRECTORY MOST

writes it with all signals, in a process of its own: the embedding needs NumPy, which the daemon does not load.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from curatord.errors import CuratordError, ExitCode
from curatord.exam.gaps import Gap, Kind, Signals
from curatord.exam.survey import Survey, survey
from curatord.paths import StateDirectory
from curatord.store.atomic import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.exam.embedding import Model
    from curatord.exam.gaps import Question

LONGEST = 300  # characters of a text that is quoted
_WHAT_TO_DO = {
    Kind.UNTAUGHT: "The next training run teaches it.",
    Kind.WEAK: "Write it down again in other words, each fact in a sentence of its own that names its subject.",
    Kind.UNKNOWN: "Find the answer and write a note about it.",
}


def write_gaps(state: StateDirectory, *, model: Model | None, most: int, written: datetime) -> Survey:
    """Write `gaps.md` and return what is in it; raise StoreError or OSError where that fails."""
    found = survey(state, model=model, most=most)
    write_file(state.gaps, render(found, written).encode())
    return found


def render(found: Survey, written: datetime) -> str:
    """Return the report as markdown."""
    adapter = f"adapter {found.adapter} in service" if found.adapter else "no adapter in service"
    blocks = [
        "# What to learn next",
        f"Written by curatord on {written:%Y-%m-%d %H:%M %Z}, {adapter}. Most important first; the score is in [0, 1].",
        *(f"Not measured: {signal} ({why})." for signal, why in found.absent.items()),
        *(block for number, gap in enumerate(found.gaps, 1) for block in _gap(number, gap)),
    ]
    if not found.gaps:
        blocks.append("Nothing is lacking, as far as can be told.")
    return "\n\n".join(blocks) + "\n"


def signals_in_words(signals: Signals) -> str:
    """Return the signals that were measured, in one line."""
    named = {
        "distance from what was taught": signals.distance,
        "entropy in nats": signals.entropy,
        "agreement": signals.agreement,
        "words found": signals.share,
    }
    return ", ".join(f"{name} {value:.2f}" for name, value in named.items() if value is not None)


def _gap(number: int, gap: Gap) -> Iterator[str]:
    evidence = gap.evidence
    title = f" ({_line(evidence.title)})" if evidence.title else ""
    yield f"## {number}. {_line(evidence.topic)}{title}"
    measured = signals_in_words(evidence.signals)
    yield (
        f"{evidence.kind.capitalize()}, score {gap.score:.2f}: {gap.reason}{f'; {measured}' if measured else ''}."
        f" {_WHAT_TO_DO[evidence.kind]}"
    )
    if len(evidence.parts) > 1:
        yield "\n".join(f"- under {_line(part.heading) or 'its head'}: {part.facts}" for part in evidence.parts)
    if evidence.kind is not Kind.UNKNOWN:
        yield "\n".join(line for question in evidence.questions for line in _question(question))


def _question(question: Question) -> Iterator[str]:
    yield f"- Question: {_line(question.question)}"
    if question.answer:
        yield f"  - the note says: {_line(question.answer)}"
    if question.reply:
        yield f"  - the model said: {_line(question.reply)}"


def _line(text: str) -> str:
    """Return a text as one line that cannot end the block it stands in."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()} ..."


def main() -> int:
    """Write the report of the state directory on the command line, and print how many gaps it tells as JSON."""
    from curatord.exam.embedding import installed  # noqa: PLC0415  NumPy, see above

    state = StateDirectory(Path(sys.argv[1]))
    try:
        found = write_gaps(state, model=installed(), most=int(sys.argv[2]), written=datetime.now(UTC))
    except (CuratordError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return ExitCode.FAILED
    sys.stdout.buffer.write(orjson.dumps({"file": str(state.gaps), "gaps": len(found.gaps), "absent": found.absent}))
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
