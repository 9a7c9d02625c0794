"""What the control socket offers about people's judgements of pairs, under /v1."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from curatord.control.dependencies import Asked, Reader  # noqa: TC001  FastAPI evaluates annotations at run time
from curatord.control.judgement_models import ClearQuery, Judged, JudgementPage, JudgementQuery, JudgementRequest
from curatord.store import judgements, queries
from curatord.store.judgements import Edit

router = APIRouter(prefix="/v1")


@router.get("/judgements")
def list_judgements(reader: Reader, asked: Annotated[JudgementQuery, Query()]) -> JudgementPage:
    """List what people said of pairs, the latest first."""
    total, rows = judgements.list_judgements(reader, **asked.model_dump())
    return JudgementPage.model_validate({"total": total, "judgements": rows})


@router.post("/pairs/{identity}/judgement")
def judge(reader: Reader, service: Asked, identity: str, said: JudgementRequest) -> Judged:
    """Judge a pair, in the place of any judgement before; every later generation respects it."""
    edit = Edit(said.question, said.answer, said.rejected)
    outcome = service.judge(identity, said.verdict, said.by, edit, whole_fact=said.whole_fact)
    rows = queries.pairs_of_rows(reader, outcome.rows)
    return Judged.model_validate({"judgements": outcome.judgements, "pairs": rows})


@router.delete("/pairs/{identity}/judgement")
def take_back(reader: Reader, service: Asked, identity: str, asked: Annotated[ClearQuery, Query()]) -> Judged:
    """Take the judgement of a pair back, a dormant one too."""
    outcome = service.take_back(identity, whole_fact=asked.whole_fact)
    rows = queries.pairs_of_rows(reader, outcome.rows)
    return Judged.model_validate({"judgements": outcome.judgements, "pairs": rows})
