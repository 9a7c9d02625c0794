"""What the control socket tells about where pairs come from, under /v1: the lines of the notes, as they are now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query

from curatord.control.dependencies import Reader  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.control.exam_models import PairSource, SourceLine, SourcePlace, SourceQuery
from curatord.errors import NotFoundError
from curatord.store import queries

MOST_LINES = 400  # of evidence in one place

router = APIRouter(prefix="/v1/pairs")


@router.get("/{identity}/source")
def show_source(reader: Reader, identity: str, asked: Annotated[SourceQuery, Query()]) -> PairSource:
    """Show the lines that a pair rests on, wherever it stands; the beginning of its id is enough."""
    row = queries.show_pair(reader, identity)
    if row is None:
        raise NotFoundError(f"No pair's id is {identity}, or begins so as the only one.", hint="It may have changed.")
    return PairSource(id=row["id"], places=[_place(place, asked.around) for place in row["places"]])


def _place(place: dict[str, Any], around: int) -> SourcePlace:
    # Only files that the store names are read: their paths never come from the request.
    lines, problem = _lines(place["file"], place["first_line"], place["last_line"], around)
    return SourcePlace.model_validate({**place, "lines": lines, "problem": problem})


def _lines(file: str | None, first: int, last: int, around: int) -> tuple[list[SourceLine], str | None]:
    if file is None:
        return [], "Its root is not watched any more."
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return [], f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}."
    begin, end = max(1, first - around), min(last, first + MOST_LINES) + around
    numbered = enumerate(text.splitlines(), 1)
    found = [SourceLine(number=n, text=line, evidence=first <= n <= last) for n, line in numbered if begin <= n <= end]
    return found, None if found else "The note is shorter now."
