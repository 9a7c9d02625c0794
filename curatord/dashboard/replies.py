"""Answers that are no success, in the form that the control socket gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from curatord.control.models import ErrorDetail, ErrorReply
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from curatord.errors import CuratordError

_STATUS = {ExitCode.USAGE: 400, ExitCode.PERMISSION: 403, ExitCode.NOT_RUNNING: 503, ExitCode.BUSY: 503}


def refusal(status: int, code: ExitCode, message: str, hint: str = "") -> Response:
    """Return an answer that tells what went wrong and what to do."""
    reply = ErrorReply(error=ErrorDetail(code=code, message=message, hint=hint))
    return Response(reply.model_dump_json(), status_code=status, media_type="application/json")


def failure(error: CuratordError) -> Response:
    """Return the answer that tells of an error."""
    return refusal(_STATUS.get(error.exit_code, 500), error.exit_code, error.message, error.hint)
