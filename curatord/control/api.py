"""What the control socket offers, under /v1: one function for each thing a client may ask.

Endpoints are plain functions, run in threads of a pool; those that read the store open a connection of their own.
"""

from __future__ import annotations

import queue
from collections.abc import AsyncIterator  # noqa: TC003  FastAPI evaluates annotations at run time
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, cast

import orjson
from anyio.to_thread import run_sync
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException

from curatord import __version__
from curatord.control import (
    adapters_api,
    dropped,
    exams_api,
    history_api,
    judgements_api,
    models,
    source_api,
    training_api,
)
from curatord.control.conflict_models import ConflictPage
from curatord.control.dependencies import Asked, Page, Reader  # noqa: TC001  see above
from curatord.control.guard import Guard
from curatord.daemon.status import Reloaded, Status, Synced  # noqa: TC001  see above
from curatord.errors import AccessError, BusyError, CuratordError, ExitCode, NotFoundError, UsageError
from curatord.store import conflicts, provenance, queries, statistics

if TYPE_CHECKING:
    from curatord.config import Control
    from curatord.control.service import Service
    from curatord.daemon.events import Event

HEARTBEAT_SECONDS = 1.0

router = APIRouter(prefix="/v1")


def make_app(service: Service, settings: Control) -> FastAPI:
    """Return the application that answers for a daemon, guard included."""
    app = FastAPI(
        title="curatord",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": models.ErrorReply, "description": "What went wrong, and what to do."}},
    )
    app.state.service = service
    app.include_router(router)
    app.include_router(training_api.router)
    app.include_router(adapters_api.router)
    app.include_router(exams_api.router)
    app.include_router(judgements_api.router)
    app.include_router(source_api.router)
    app.include_router(history_api.router)
    app.add_exception_handler(CuratordError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(Exception, _answer_failure)
    app.add_middleware(Guard, max_bytes=settings.max_request_bytes)
    return app


@router.get("/status")
def status(service: Asked) -> Status:
    """Tell what is going on."""
    return service.status()


@router.post("/sync")
def sync(service: Asked, request: models.SyncRequest | None = None) -> Synced:
    """Compare the disk with the store, now; `done` tells whether that was waited for and finished."""
    asked = request or models.SyncRequest.model_validate({})
    return service.sync(wait=asked.wait, timeout=asked.timeout_seconds)


@router.post("/reload")
def reload(service: Asked) -> Reloaded:
    """Read the configuration again."""
    return service.reload()


@router.post("/confirm-deletes")
def confirm_deletes(service: Asked) -> models.Confirmed:
    """Let deletions on hold go through."""
    return models.Confirmed(roots=service.confirm_deletions())


@router.post("/stop")
def stop(service: Asked) -> models.Stopping:
    """Begin to shut down."""
    pid = service.status().pid
    service.stop()
    return models.Stopping(pid=pid)


@router.get("/pairs")
def list_pairs(reader: Reader, asked: Annotated[models.PairQuery, Query()]) -> models.PairPage:
    """List pairs in the order of their notes."""
    wanted = queries.PairFilter(**asked.model_dump(exclude={"limit", "offset"}))
    total, rows = queries.list_pairs(reader, wanted, limit=asked.limit, offset=asked.offset)
    return models.PairPage.model_validate({"total": total, "pairs": rows})


@router.get("/pairs/search")
def search_pairs(reader: Reader, asked: Annotated[models.SearchQuery, Query()]) -> models.PairPage:
    """Find pairs by the words of their question and answer, the best matches first."""
    wanted = queries.PairFilter(**asked.model_dump(exclude={"q", "limit", "offset"}))
    total, rows = queries.search_pairs(reader, asked.q, wanted, limit=asked.limit, offset=asked.offset)
    return models.PairPage.model_validate({"total": total, "pairs": rows})


@router.get("/pairs/stats")
def pair_statistics(reader: Reader) -> models.PairStatistics:
    """Count the pairs by category, split, strategy, extractor and score, and what gave none by reason."""
    return models.PairStatistics.model_validate(statistics.pair_statistics(reader))


@router.get("/pairs/dropped")
def list_dropped(reader: Reader, service: Asked, asked: Annotated[models.DroppedQuery, Query()]) -> models.DroppedPage:
    """List what gave no training pair, and why; the notes on the page are read again for it."""
    total, rows = dropped.list_dropped(reader, service, **asked.model_dump())
    return models.DroppedPage.model_validate({"total": total, "dropped": rows})


@router.get("/pairs/{identity}")
def show_pair(reader: Reader, identity: str) -> models.PairDetail:
    """Show one pair with every place where it stands; the beginning of its id is enough."""
    row = queries.show_pair(reader, identity)
    if row is None:
        raise NotFoundError(
            f"No pair's id is {identity}, or begins so as the only one.", hint="`curatord pairs list` shows them."
        )
    return models.PairDetail.model_validate(row)


@router.get("/documents")
def list_documents(reader: Reader, asked: Page) -> models.DocumentPage:
    """List the notes that were read."""
    total, rows = queries.list_documents(reader, limit=asked.limit, offset=asked.offset)
    return models.DocumentPage.model_validate({"total": total, "documents": rows})


@router.get("/documents/skipped")
def list_skipped(reader: Reader, asked: Page) -> models.SkippedPage:
    """List the notes that give nothing, with the reason."""
    total, rows = queries.list_skipped(reader, limit=asked.limit, offset=asked.offset)
    return models.SkippedPage.model_validate({"total": total, "skipped": rows})


@router.get("/documents/facts")
def show_facts(reader: Reader, asked: Annotated[models.FactsQuery, Query()]) -> models.DocumentFacts:
    """Tell which facts a note, or one of its lines, gave, and which questions ask for them."""
    document = provenance.find_document(reader, asked.file)
    if document is None:
        raise NotFoundError(f"{asked.file} is no note that gave anything.", hint="See `curatord documents --skipped`.")
    facts = provenance.facts_of(reader, document["id"], asked.line)
    return models.DocumentFacts.model_validate({**document, "facts": facts})


@router.get("/problems")
def list_problems(reader: Reader, asked: Page) -> models.ProblemPage:
    """List what is wrong with notes and roots."""
    total, rows = queries.list_problems(reader, limit=asked.limit, offset=asked.offset)
    return models.ProblemPage.model_validate({"total": total, "problems": rows})


@router.get("/conflicts")
def list_conflicts(reader: Reader, asked: Page) -> ConflictPage:
    """List notes that contradict one another."""
    total, rows = conflicts.list_conflicts(reader, limit=asked.limit, offset=asked.offset)
    return ConflictPage.model_validate({"total": total, "conflicts": rows})


@router.get("/events", response_class=StreamingResponse)
def stream_events(service: Asked, asked: Annotated[models.EventsQuery, Query()]) -> StreamingResponse:
    """Tell what happens, as it happens: a JSON object a line, and an empty line where a second passed without."""
    return StreamingResponse(_lines(service, asked.after), media_type="application/x-ndjson")


async def _lines(service: Service, after: int | None) -> AsyncIterator[bytes]:
    with service.events.listen(after=after) as listener:
        while line := await run_sync(_next_line, listener):
            yield line


def _next_line(listener: queue.Queue[Event | None]) -> bytes:
    """Wait for the next event; return nothing when the daemon stops."""
    try:
        event = listener.get(timeout=HEARTBEAT_SECONDS)
    except queue.Empty:
        return b"\n"  # writing it is what tells the server that a client is gone
    return orjson.dumps(event.as_json(), option=orjson.OPT_APPEND_NEWLINE) if event else b""


_HTTP_STATUS: dict[type[CuratordError], HTTPStatus] = {
    UsageError: HTTPStatus.BAD_REQUEST,
    AccessError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    BusyError: HTTPStatus.CONFLICT,
}


def _answer_error(_request: Request, error: Exception) -> Response:
    known = cast("CuratordError", error)
    code = _HTTP_STATUS.get(type(known), HTTPStatus.INTERNAL_SERVER_ERROR)
    return _error(code, known.exit_code, known.message, known.hint)


def _answer_invalid(_request: Request, error: Exception) -> Response:
    details: list[Any] = list(cast("RequestValidationError", error).errors())
    message = "; ".join(f"{'.'.join(str(part) for part in detail['loc'][1:])}: {detail['msg']}" for detail in details)
    return _error(HTTPStatus.UNPROCESSABLE_ENTITY, ExitCode.USAGE, f"The request is not understood: {message}.")


def _answer_http_error(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    return _error(known.status_code, ExitCode.USAGE, f"{known.detail}.", "See /v1/openapi.json.")


def _answer_failure(_request: Request, error: Exception) -> Response:
    message = f"curatord failed to answer: {type(error).__name__}."
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, ExitCode.FAILED, message, "`curatord logs` says why.")


def _error(status: int, code: ExitCode, message: str, hint: str = "") -> Response:
    reply = models.ErrorReply(error=models.ErrorDetail(code=code, message=message, hint=hint))
    return Response(reply.model_dump_json(), status_code=status, media_type="application/json")
