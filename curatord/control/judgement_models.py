"""What crosses the socket about people's judgements of pairs.

    GET    /v1/judgements                  JudgementQuery -> JudgementPage
    POST   /v1/pairs/{id}/judgement        JudgementRequest -> Judged
    DELETE /v1/pairs/{id}/judgement        ClearQuery -> Judged

An id is that of the pair as it is, or as it was before it was edited; its beginning is enough. `GET /v1/pairs` takes
`judged=up|down|edited|any`, and every pair tells its `verdict`, whether it is `kept`, and as what it was `made`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from curatord.control.models import PageQuery, PairEntry, Question
from curatord.daemon.status import Wire
from curatord.store.judgements import By, State, Verdict


class JudgementRequest(Question):
    """What somebody says of a pair: a thumb up, a thumb down, or how it should read instead.

    With an edit a text that is left out stays as it is; `rejected` is an answer to train against. A thumb up leaves an
    edit that stands in force. With `whole_fact` it is said of every question that asks for the same fact in that note;
    then the question itself cannot be edited.
    """

    verdict: Verdict
    question: str | None = None
    answer: str | None = None
    rejected: str | None = None
    whole_fact: bool = False
    by: By = By.API

    @model_validator(mode="after")
    def _has_a_text_where_edited(self) -> JudgementRequest:
        texts = [self.question, self.answer, self.rejected]
        if self.verdict is Verdict.EDITED:
            if all(text is None for text in texts):
                raise ValueError("an edit needs a question, an answer or a rejected answer")
        elif any(text is not None for text in texts):
            raise ValueError("only an edit has texts")
        if self.whole_fact and self.question is not None:
            raise ValueError("a question cannot be that of every pair of a fact")
        return self


class ClearQuery(Question):
    """How far to take a judgement back: that of one pair, or of all that ask for the same fact in that note."""

    whole_fact: bool = False


class JudgementQuery(PageQuery):
    """Which judgements."""

    verdict: Verdict | None = None
    state: State | None = None


class JudgementEntry(Wire):
    """A judgement, the latest first in lists.

    `pair` is the content hash of the pair as it was made; `question`, `answer` and `rejected` are as edited, None where
    nothing is. `root` and `path` are where the pair stood when it was judged. `pairs` are the ids of the pairs it is in
    force for; where there are none any more, or not yet again, its `state` is "dormant".
    """

    pair: str
    verdict: Verdict
    state: State
    pairs: list[str]
    question: str | None
    answer: str | None
    rejected: str | None
    made_question: str
    made_answer: str
    fact: str
    root: str
    path: str
    judged_at: str
    judged_by: Literal["cli", "dashboard", "api"]


class JudgementPage(Wire):
    """Some judgements, and how many there are in all."""

    total: int
    judgements: list[JudgementEntry]


class Judged(Wire):
    """What became of the pairs that were judged, or whose judgement was taken back; an edit gives a pair a new id.

    `judgements` is how many were made or taken back; a dormant one that is taken back has no pairs.
    """

    judgements: int = Field(ge=0)
    pairs: list[PairEntry]
