"""What the control socket tells about adapters and their exams, under /v1; nothing here changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from curatord.control.dependencies import Asked  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.control.exam_models import AdapterEntry, AdapterPage, ExamPage, ReplyEntry, ReplyQuery, SwitchEntry
from curatord.errors import StoreError
from curatord.exam.records import read_replies
from curatord.exam.said_before import said_before
from curatord.paths import StateDirectory
from curatord.serve.adapters import Adapters

if TYPE_CHECKING:
    from curatord.control.service import Service
    from curatord.exam.records import Exam, Reply
    from curatord.serve.adapters import Adapter

router = APIRouter(prefix="/v1/adapters")


@router.get("")
def list_adapters(service: Asked) -> AdapterPage:
    """List the adapters that are kept, and every switch between them."""
    shelf = _shelf(service)
    current = shelf.in_service()
    name = current.id if current else None
    return AdapterPage(
        adapters=[_entry(adapter, name) for adapter in reversed(shelf.all())],
        in_service=name,
        history=[SwitchEntry.model_validate(switch.model_dump(mode="json")) for switch in reversed(shelf.history())],
    )


@router.get("/{identity}/exam")
def show_exam(service: Asked, identity: str, asked: Annotated[ReplyQuery, Query()]) -> ExamPage:
    """Show the exam of an adapter, and its questions; the beginning of its id is enough."""
    adapter = _shelf(service).find(identity)
    exam = adapter.exam()
    replies = read_replies(adapter.path)
    sittings = service.runs_path / adapter.id / "exam"
    before = said_before(sittings, exam, [reply.question for reply in replies]) if exam else [None] * len(replies)
    found = [(reply, said) for reply, said in zip(replies, before, strict=True) if _is_wanted(reply, said, asked)]
    return ExamPage(
        adapter=adapter.id,
        exam=exam.model_dump(mode="json") if exam else None,
        total=len(found),
        replies=[_reply(*one) for one in found[asked.offset : asked.offset + asked.limit]],
    )


def _shelf(service: Service) -> Adapters:
    return Adapters(StateDirectory(service.adapters_path.parent))


def _entry(adapter: Adapter, in_service: str | None) -> AdapterEntry:
    base = None
    try:
        base = adapter.config().get("curatord", {}).get("base")
        exam = adapter.exam()
    except StoreError as error:
        return AdapterEntry(id=adapter.id, in_service=adapter.id == in_service, base=base, problem=str(error))
    figures = _figures(exam) if exam else {}
    return AdapterEntry.model_validate(
        {"id": adapter.id, "in_service": adapter.id == in_service, "base": base} | figures
    )


def _figures(exam: Exam) -> dict[str, object]:
    trial = exam.kept
    return {
        "created": exam.created.astimezone().isoformat(timespec="seconds"),
        "asked": trial.exam.asked,
        "before": trial.exam.before,
        "after": trial.exam.after,
        "general_asked": trial.general.asked,
        "general_before": exam.general_before.right,
        "general": trial.general.right,
        "scale": exam.scale,
        "promote": exam.promote,
        "reason": exam.reason,
    }


def _is_wanted(reply: Reply, said: str | None, asked: ReplyQuery) -> bool:
    outcomes = {
        None: True,
        "right": reply.right,
        "wrong": not reply.right,
        "gained": reply.right and not reply.before,
        "lost": reply.before and not reply.right,
    }
    text = "\n".join((reply.question, reply.answer, reply.reply, said or "")).casefold()
    return (
        outcomes[asked.outcome]
        and asked.category in (None, reply.category)
        and asked.topic in (None, reply.topic)
        and (asked.q or "").casefold() in text
    )


def _reply(reply: Reply, said: str | None) -> ReplyEntry:
    known = reply.model_dump(exclude={"before", "decided", "fact"})
    return ReplyEntry(**known, reply_before=said, right_before=reply.before)
