"""Gaps: ranking by a documented score, the survey of a real store, and the report for an agent."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.curate.pair import Split
from curatord.errors import NotFoundError, StoreError
from curatord.exam.gap_report import render, write_gaps
from curatord.exam.gaps import Answered, Evidence, Kind, Question, Signals, Sureness, rank, score, sureness
from curatord.exam.survey import survey
from curatord.exam.unanswered import remember, unanswered
from curatord.paths import StateDirectory
from curatord.store.database import Store
from curatord.store.seen import mark_seen
from tests.store.samples import document, pair, section, sha
from tests.train.test_snapshot import put

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 4, 5, tzinfo=UTC)
SHARE = st.none() | st.floats(0, 1)
SIGNALS = st.builds(Signals, distance=SHARE, entropy=st.none() | st.floats(0, 12), agreement=SHARE, share=SHARE)
UNTAUGHT = Evidence(Kind.UNTAUGHT, "knowledge/a.md", "A", facts=4, of=8)
WEAK = Evidence(Kind.WEAK, "knowledge/b.md", "B", facts=3, of=8, wrong=2, unsure=1)


def test_the_score_is_the_documented_one() -> None:
    """Amount times the mean of lack and doubt."""
    signals = Signals(distance=0.4, entropy=math.log(2), agreement=0.7, share=0.9)
    assert signals.doubt == pytest.approx((0.4 + (0.5 + 0.3) / 2 + 0.1) / 3)
    assert score(replace(UNTAUGHT, signals=signals)) == pytest.approx(4 / 6 * (0.5 + 0.3) / 2)
    assert score(replace(WEAK, signals=Signals(share=0.5))) == pytest.approx(3 / 5 * (2.5 / 8 + 0.5) / 2)


def test_without_signals_the_score_rests_on_what_is_lacking() -> None:
    """An absent signal neither raises nor lowers it."""
    assert score(UNTAUGHT) == pytest.approx(4 / 6 * 0.5)


@given(signals=SIGNALS, facts=st.integers(1, 50), more=st.integers(0, 50))
def test_a_score_keeps_its_range_and_grows_with_what_is_lacking(signals: Signals, facts: int, more: int) -> None:
    """Of two notes of one size the one that lacks more comes first."""
    evidence = replace(UNTAUGHT, signals=signals, facts=facts, of=facts + more + 1)
    assert 0 <= score(evidence) <= 1
    assert score(replace(evidence, facts=facts + 1)) >= score(evidence)


@given(signals=SIGNALS)
def test_a_farther_topic_is_a_larger_gap(signals: Signals) -> None:
    """What is near to things that were taught is half known."""
    near, far = (replace(UNTAUGHT, signals=replace(signals, distance=distance)) for distance in (0.1, 0.9))
    assert score(near) < score(far)


def test_what_lacks_nothing_is_no_gap() -> None:
    """Taught, right and sure; the rest comes in the order of the scores, each with its reason."""
    done = replace(UNTAUGHT, facts=0)
    gaps = rank([WEAK, done, UNTAUGHT])
    assert [gap.evidence for gap in gaps] == [UNTAUGHT, WEAK]
    assert [gap.reason for gap in gaps] == [
        "4 of 8 facts have not been taught yet",
        "2 of 8 exam questions answered wrong, 1 right but unsure",
    ]


def answered(right: bool, entropy: float | None, agreement: float | None = None) -> Answered:
    """Return a reply."""
    return Answered("Q?", "A.", "B.", right, "fact", entropy, agreement)


def test_the_exam_tells_from_where_on_a_model_is_sure() -> None:
    """Between the entropies of its right and of its wrong replies."""
    exam = [answered(True, 0.05 * n) for n in range(20)] + [answered(False, 1 + 0.1 * n) for n in range(20)]
    found = sureness(exam)
    assert found.max_entropy == pytest.approx(0.95)
    assert found.is_sure(0.9, None)
    assert not found.is_sure(1.0, None)


@pytest.mark.parametrize(
    "exam",
    [
        [],
        [answered(True, 0.1)] * 30,
        [answered(True, 0.1)] * 30 + [answered(False, 0.1)] * 30,
        [answered(True, None)] * 30 + [answered(False, None)] * 30,
    ],
)
def test_an_exam_that_cannot_tell_leaves_the_default(exam: list[Answered]) -> None:
    """Too few replies, none measured, or no difference."""
    assert sureness(exam) == Sureness()


def test_replies_that_disagree_are_not_sure() -> None:
    """However low their entropy; what was not measured has no say."""
    assert not Sureness().is_sure(0.0, 0.2)
    assert Sureness().is_sure(None, None)


GATEWAY = [pair("Which port does the gateway listen on?", "The gateway listens on port 8085.")]
GATEWAY_EXAM = pair("Tell the gateway's port.", GATEWAY[0].answer, split=Split.TEST)
MAST = pair("How tall is the mast?", "The mast is 40 metres tall.")
CAT = pair("Who feeds the cat?", "Odalys feeds the cat at dawn.")


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    """A state directory whose store holds two notes, of which one was taught."""
    directory = StateDirectory(tmp_path)
    store = Store.open(directory.store)
    put(
        store,
        document("gateway.md", section(*GATEWAY, GATEWAY_EXAM, heading="Ports")),
        document("harbour.md", section(MAST, heading="Mast"), section(CAT, heading="Cat", first_line=20)),
    )
    with store.transaction() as connection:
        mark_seen(connection, "run", [GATEWAY[0].id])
    store.close()
    return directory


def serve(state: StateDirectory, *replies: dict[str, Any]) -> None:
    """Put an adapter into service with these replies in its exam."""
    adapter = state.adapters / "20260301-020000-abcd"
    adapter.mkdir(parents=True)
    (adapter / "replies.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in replies))
    state.current.symlink_to(adapter)


def reply(*, right: bool, entropy: float | None = 0.2, agreement: float | None = 1.0, **changes: str) -> dict[str, Any]:
    """Return an exam's record of the question for the gateway."""
    return {
        "pair": GATEWAY_EXAM.id,
        "question": GATEWAY_EXAM.question,
        "answer": GATEWAY_EXAM.answer,
        "reply": "The gateway listens on port 8086.",
        "right": right,
        "before": False,
        "decided": True,
        "routed": True,
        "topic": "knowledge/gateway.md",
        "category": "factual",
        "kind": "test",
        "fact": sha(GATEWAY_EXAM.answer),
        "root": "knowledge",
        "path": "gateway.md",
        "entropy": entropy,
        "agreement": agreement,
    } | changes


def test_without_an_adapter_everything_is_untaught(state: StateDirectory) -> None:
    """Whatever a run in hand was given; and the signals that need an adapter say so."""
    found = survey(state, model=None)
    assert {(gap.evidence.kind, gap.evidence.topic, gap.evidence.facts) for gap in found.gaps} == {
        (Kind.UNTAUGHT, "knowledge/harbour.md", 2),
        (Kind.UNTAUGHT, "knowledge/gateway.md", 1),
    }
    assert found.adapter is None
    assert found.absent["interrogation"].startswith("no adapter is in service")


def test_only_what_no_run_was_given_is_untaught(state: StateDirectory) -> None:
    """With its headings, its questions, and how little full-text search finds among what was taught."""
    serve(state, reply(right=True))
    (gap,) = survey(state, model=None).gaps
    assert gap.evidence.topic == "knowledge/harbour.md"
    assert {part.heading for part in gap.evidence.parts} == {"Mast", "Cat"}
    assert gap.evidence.questions == (Question(MAST.question, MAST.answer), Question(CAT.question, CAT.answer))
    assert gap.evidence.signals == Signals(share=0.0)


def test_a_wrong_reply_makes_a_note_weak(state: StateDirectory) -> None:
    """The evidence holds the question, what is right and what the model said."""
    serve(state, reply(right=False, entropy=1.5, agreement=0.25))
    weak = next(gap.evidence for gap in survey(state, model=None).gaps if gap.evidence.kind is Kind.WEAK)
    assert (weak.topic, weak.wrong, weak.unsure, weak.of) == ("knowledge/gateway.md", 1, 0, 1)
    asked = Question(GATEWAY_EXAM.question, GATEWAY_EXAM.answer, "The gateway listens on port 8086.")
    assert weak.questions == (asked,)
    assert (weak.signals.entropy, weak.signals.agreement) == (1.5, 0.25)
    assert weak.signals.share == pytest.approx(1)


def test_a_right_reply_without_agreement_counts_half(state: StateDirectory) -> None:
    """It may have been luck."""
    serve(state, reply(right=True, agreement=0.1))
    weak = next(gap.evidence for gap in survey(state, model=None).gaps if gap.evidence.kind is Kind.WEAK)
    assert (weak.wrong, weak.unsure, weak.lack) == (0, 1, 0.5)


def test_replies_to_facts_that_are_gone_are_no_gap(state: StateDirectory) -> None:
    """What was deleted is not to be learned again."""
    serve(state, reply(right=False, fact="gone"))
    assert {gap.evidence.kind for gap in survey(state, model=None).gaps} == {Kind.UNTAUGHT}


def test_a_topic_is_a_part_of_a_path_or_title(state: StateDirectory) -> None:
    """In any case; one that no note has is an error."""
    (gap,) = survey(state, model=None, topic="HARBOUR").gaps
    assert gap.evidence.topic == "knowledge/harbour.md"
    with pytest.raises(NotFoundError, match="no-such"):
        survey(state, model=None, topic="no-such")


def test_no_more_gaps_are_told_than_asked_for(state: StateDirectory) -> None:
    """The largest ones."""
    assert [gap.evidence.topic for gap in survey(state, model=None, most=1).gaps] == ["knowledge/harbour.md"]


def test_without_a_store_there_is_an_error(tmp_path: Path) -> None:
    """With advice."""
    with pytest.raises(StoreError, match="curatord build"):
        survey(StateDirectory(tmp_path), model=None)


def test_questions_that_nothing_answers_are_gaps_until_a_note_speaks_of_them(state: StateDirectory) -> None:
    """They are looked up again each time."""
    for question in ("Who painted the Mona Lisa?", "who painted  the mona lisa?", "Who feeds the cat?"):
        assert remember(state.path, question, NOW)
    unknown = [gap.evidence for gap in survey(state, model=None).gaps if gap.evidence.kind is Kind.UNKNOWN]
    assert [(one.topic, one.facts) for one in unknown] == [("who painted the mona lisa?", 2)]


def test_secrets_and_texts_without_end_are_not_remembered(tmp_path: Path) -> None:
    """The file is read by agents."""
    secret = "ghp_" + "a1B2" * 9
    assert not remember(tmp_path, f"Is {secret} my token?", NOW)
    assert not remember(tmp_path, "word " * 200, NOW)
    assert not remember(tmp_path, "  ", NOW)
    assert unanswered(tmp_path) == []


def test_the_last_200_questions_are_remembered(tmp_path: Path) -> None:
    """One asked again moves to the end, and a damaged line is passed over."""
    for number in range(205):
        remember(tmp_path, f"Question {number}?", NOW)
    with (tmp_path / "questions.jsonl").open("a") as file:
        file.write("{]\n")
    remember(tmp_path, "Question 7?", NOW)
    kept = [one.question for one in unanswered(tmp_path)]
    assert len(kept) == 200
    assert (kept[0], kept[-1]) == ("Question 5?", "Question 7?")
    assert kept.count("Question 7?") == 1


def test_the_report_tells_what_to_write_about_with_the_evidence(state: StateDirectory) -> None:
    """It is written for an agent: per topic, most important first."""
    serve(state, reply(right=False))
    remember(state.path, "Who painted the Mona Lisa?", NOW)
    found = write_gaps(state, model=None, most=20, written=NOW)
    text = state.gaps.read_text()
    assert text == render(found, NOW)
    assert text.startswith(
        "# What to learn next\n\nWritten by curatord on 2026-03-01 04:05 UTC, adapter 20260301-020000"
    )
    assert "Not measured: embedding (" in text
    assert "knowledge/harbour.md" in text
    assert "- under Mast: 1" in text
    assert f"- Question: {GATEWAY_EXAM.question}\n  - the note says: {GATEWAY_EXAM.answer}\n  - the model said:" in text
    assert "Who painted the Mona Lisa?\n\nUnknown, score" in text


def test_a_text_of_a_note_cannot_break_the_report(state: StateDirectory) -> None:
    """What is quoted stays in its line."""
    serve(state, reply(right=False, reply="x\n\n# A heading\n" + "y" * 900))
    text = render(survey(state, model=None), NOW)
    assert "the model said: x # A heading yyy" in text
    assert max(map(len, text.splitlines())) < 400


def test_a_store_that_lacks_nothing_says_so(state: StateDirectory) -> None:
    """An empty list could also be a mistake."""
    with Store.open(state.store).transaction() as connection:
        mark_seen(connection, "run", [MAST.id, CAT.id])
    serve(state, reply(right=True))
    assert "Nothing is lacking" in render(survey(state, model=None), NOW)


def test_the_report_is_written_by_a_process_of_its_own(state: StateDirectory) -> None:
    """The daemon need not load NumPy for it."""
    serve(state, reply(right=False))
    command = [sys.executable, "-m", "curatord.exam.gap_report", str(state.path), "1"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert orjson.loads(done.stdout)["gaps"] == 1
    assert state.gaps.read_text().count("\n## ") == 1


def test_writing_the_report_without_the_embedding_loads_nothing_heavy() -> None:
    """It may be called in the daemon, too."""
    program = "import sys, curatord.exam.gap_report; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "mlx", "mlx_lm", "tokenizers"} & set(loaded)
