"""The page about a run: valid, whole in itself, and right in every figure."""

from __future__ import annotations

import base64
import hashlib
import shutil
from typing import TYPE_CHECKING

from curatord.report.gather import gather
from curatord.report.page import SHOWN, page
from curatord.train.run_directory import RunState, State, list_runs, new_run
from tests.report.finished import NASTY, finished
from tests.report.html import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.paths import StateDirectory
    from curatord.report.gather import Report
    from curatord.train.run_directory import RunDirectory


def test_the_page_is_valid_and_loads_nothing(written: Path) -> None:
    """Every element where it may stand; no script, no link, no style but its own, which imports none."""
    read = Reading(written.read_text())
    assert read.faults == []
    assert read.loads == []
    (style,) = read.styles
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


def test_its_policy_lets_in_its_own_style_and_nothing_else(written: Path) -> None:
    """By the hash of that style, to the byte."""
    read = Reading(written.read_text())
    (policy,) = [
        values["content"] or "" for _, values in read.elements if values.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = base64.b64encode(hashlib.sha256(read.styles[0].encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


def test_it_tells_the_exam_with_its_intervals(written: Path) -> None:
    """As a whole, by category, by kind and by note."""
    words = Reading(written.read_text()).words
    assert "10 % → 70 % 2 → 14 of 20 questions" in words
    assert "+60.0 95 % interval +27.2 to +81.9, p = 0.0018" in words
    assert "62 → 61 of 80 probes" in words
    assert "May go into service: 14 of 20 right, 2 before it (the base alone)" in words
    assert "critical 10 1 → 7 70 % 40 to 89" in words
    assert "table 20 2 → 14 70 % 48 to 85" in words
    assert "knowledge/000.md 2 1 → 2 100 % 34 to 100" in words


def test_it_shows_questions_with_both_replies_by_what_became_of_them(written: Path) -> None:
    """What was learned first; the rest of a long list can be unfolded."""
    words = Reading(written.read_text()).words
    assert "Learned: wrong before, right now (13)" in words
    assert f"{13 - SHOWN} more" in words
    assert "Question 1? note Answer 1. before Before 1. now Now 1. from knowledge/001.md, critical" in words
    assert "Lost: right before, wrong now (1)" in words
    assert "Wrong before and now (5)" in words
    assert "Right before and now (1)" in words


def test_what_a_model_says_stays_text(written: Path) -> None:
    """A reply with a script in it is shown as one, and so is a warning."""
    text = written.read_text()
    assert "<script" not in text
    assert Reading(text).words.count(" ".join(NASTY.split())) == 2


def test_it_tells_what_the_run_was_made_of(written: Path, ended: tuple[StateDirectory, RunDirectory]) -> None:
    """Snapshot, notes, base, adapter, versions, settings, times."""
    words = Reading(written.read_text()).words
    prepared = ended[1].prepared()
    assert prepared is not None
    assert f"sha256 {prepared.snapshot.sha256}" in words
    assert "30 pairs" in words
    assert "3 too long" in words
    assert "knowledge/004.md 3" in words
    assert f"sha256 {'b' * 64}" in words
    assert f"sha256 {hashlib.sha256(b'weights').hexdigest()}" in words
    assert "strength 0.8" in words
    assert "curatord 0.1.0, mlx 0.30" in words
    assert f"training.sft.learning_rate {prepared.training.sft.learning_rate}" in words
    assert "supervised training 8.0 s preference training 5.0 s exam 1 min 20 s" in words
    assert "1 min 35 s" in words


def test_the_curves_end_where_the_run_ended(told: Report) -> None:
    """A line for the steps, dots for the validations."""
    ends = {chart.title: (chart.training[-1], chart.validation[-1]) for chart in told.charts}
    assert ends == {
        "SFT loss": ((6, 0.5), (6, 0.625)),
        "DPO loss": ((3, 1.0), (3, 0.375)),
        "DPO margin": ((3, 1.5), (3, 1.75)),
        "DPO accuracy": ((3, 0.75), (3, 0.875)),
    }


def test_a_run_without_an_exam_has_a_page(tmp_path: Path) -> None:
    """It says so."""
    state, run = finished(tmp_path, examined=False)
    read = Reading(page(gather(state, run)))
    assert read.faults == []
    assert "This run has sat no exam." in read.words
    assert "in service no" in read.words


def test_a_run_that_failed_at_once_has_a_page(tmp_path: Path) -> None:
    """Without data, curves or an adapter; the reason stands on top."""
    state, run = finished(tmp_path)
    request = run.request().model_copy(update={"id": "20261124-023000-0000"})
    failed = new_run(state.runs, request)
    failed.write_state(State(state=RunState.FAILED, reason="There is no base model at /nowhere."))
    read = Reading(page(gather(state, failed)))
    assert read.faults == []
    assert "failed: There is no base model at /nowhere." in read.words
    assert "The run never got as far as its data." in read.words
    assert len(list_runs(state.runs).runs) == 2


def test_a_snapshot_that_was_tampered_with_is_told(tmp_path: Path) -> None:
    """And the page is written all the same."""
    state, run = finished(tmp_path)
    file = run.snapshot / "sft-train.jsonl"
    file.chmod(0o600)
    file.write_bytes(b"{}\n")
    told = gather(state, run)
    assert told.data is not None
    assert told.data.problem is not None
    assert "is not as it was written" in told.data.problem
    assert told.data.problem in Reading(page(told)).words


def test_notes_that_have_gone_are_counted(tmp_path: Path) -> None:
    """And without a store there is nobody to ask."""
    state, run = finished(tmp_path)
    shutil.rmtree(run.path / "exam")  # the earlier replies
    state.store.unlink()
    told = gather(state, run)
    assert told.data is not None
    assert (told.data.notes, told.data.gone) == ((), 30)
    assert told.examples[0].before is None
    assert "not kept" in page(told)
