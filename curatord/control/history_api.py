"""What the control socket offers to whoever watches from afar: metrics, and the history."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003  pydantic evaluates annotations at run time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime, Field

from curatord.control.dependencies import Asked, Reader  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.control.models import PageQuery
from curatord.daemon.status import Wire
from curatord.store import history

router = APIRouter()

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


class HistoryQuery(PageQuery):
    """Which entries: since when, and of which kinds (none: of all)."""

    since: AwareDatetime | None = None
    kind: list[str] = Field(default_factory=list)


class HistoryEntry(Wire):
    """Something that happened: when (ISO 8601), what, and the ids and counts it speaks of."""

    time: str
    kind: str
    data: dict[str, Any]


class HistoryPage(Wire):
    """Some entries, the latest first, and how many there are in all."""

    total: int
    entries: list[HistoryEntry]


@router.get("/metrics", response_class=Response)
def metrics(service: Asked) -> Response:
    """Tell the figures of the moment in Prometheus's text format."""
    from curatord.control.metrics import exposition  # noqa: PLC0415  3 MB that most daemons need never hold

    return Response(exposition(service.status(), service.runs_path), media_type=TEXT_FORMAT)


@router.get("/v1/history")
def show_history(reader: Reader, asked: Annotated[HistoryQuery, Query()]) -> HistoryPage:
    """Tell what has happened, as far as it is remembered."""
    since: datetime | None = asked.since
    total, entries = history.read(reader, since=since, kinds=asked.kind, limit=asked.limit, offset=asked.offset)
    return HistoryPage(total=total, entries=[HistoryEntry(**asdict(entry)) for entry in entries])
