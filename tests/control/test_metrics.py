"""Metrics: what a monitoring system is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from curatord.control.metrics import RunFigures, exposition, families, process_figures, run_figures
from curatord.daemon.gauge import Gauge
from curatord.daemon.roots import WatchedRoot
from curatord.daemon.status import ExamStatus, TrainingStatus
from curatord.memory.document import Kind
from curatord.train.run_directory import RunState, State
from tests.control.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.daemon.status import Status

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def status(path: Path) -> Status:
    """Return the status of a daemon that has done everything once."""
    root = WatchedRoot("knowledge", path, path, Kind.KNOWLEDGE)
    gauge = Gauge("c.toml", state="ready", roots=(root,), troubles={"knowledge": "missing"}, pending=3)
    gauge.last_pass = (NOW - timedelta(seconds=12)).isoformat()
    gauge.adapter = "20261101-000000-abcd"
    gauge.exam = ExamStatus(before=0.25, after=0.75)
    gauge.training = TrainingStatus(state="idle", next_run=(NOW + timedelta(hours=1)).isoformat())
    return gauge.status(2)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return the samples by name and their labels' values, as Prometheus's own parser reads them."""
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_status(tmp_path: Path) -> None:
    """In the text format that Prometheus reads."""
    found = samples(exposition(status(tmp_path), tmp_path / "runs").decode())
    assert found["curatord_queue", "pending"] == 3
    assert found["curatord_queue", "settling"] == 2
    assert found["curatord_root_state", "knowledge,missing"] == 1
    assert found["curatord_root_state", "knowledge,watching"] == 0
    assert found["curatord_exam_accuracy_ratio", "after"] == 0.75
    assert found["curatord_adapter_info", "20261101-000000-abcd"] == 1
    assert found["curatord_training_state", "idle"] == 1
    assert found["curatord_runs", "done"] == 0
    assert found["process_resident_memory_bytes", ""] > 1_000_000
    assert found["process_cpu_seconds_total", ""] > 0


def test_times_are_told_as_moments_and_the_last_pass_as_an_age(tmp_path: Path) -> None:
    """Seconds."""
    figures = RunFigures({"done": 2}, last_end=NOW.timestamp(), last_seconds=90)
    found = {family.name: family for family in families(status(tmp_path), figures, process_figures(), NOW)}
    values = {name: family.samples[0].value for name, family in found.items() if family.samples}
    assert values["curatord_seconds_since_last_pass"] == 12
    assert values["curatord_next_run_timestamp_seconds"] == NOW.timestamp() + 3600
    assert values["curatord_last_run_duration_seconds"] == 90


def test_what_is_not_known_is_not_told(tmp_path: Path) -> None:
    """Neither an exam nor a run nor a pass."""
    found = samples(exposition(Gauge("c.toml").status(0), tmp_path / "runs").decode())
    names = {name for name, _ in found}
    assert names.isdisjoint(
        {"curatord_exam_accuracy_ratio", "curatord_last_run_duration_seconds", "curatord_seconds_since_last_pass"}
    )


def test_the_last_run_is_the_one_that_was_done_last() -> None:
    """Neither one that failed nor one that goes on."""
    later = NOW + timedelta(hours=5)
    states = [
        State(state=RunState.DONE, started=NOW, finished=NOW + timedelta(seconds=60)),
        State(state=RunState.DONE, started=NOW, finished=NOW + timedelta(seconds=30)),
        State(state=RunState.FAILED, started=later, finished=later),
        State(state=RunState.RUNNING, started=later),
    ]
    figures = run_figures(states)
    assert (figures.last_end, figures.last_seconds) == (NOW.timestamp() + 60, 60)
    assert figures.by_state == {"running": 1, "paused": 0, "done": 2, "failed": 1, "cancelled": 0}


def test_every_metric_says_what_it_is_and_has_a_name_of_the_usual_form(tmp_path: Path) -> None:
    """Base units, no capital letters."""
    for family in text_string_to_metric_families(exposition(status(tmp_path), tmp_path / "runs").decode()):
        assert family.documentation.endswith(".") or family.documentation.endswith(").")
        assert family.name.startswith(("curatord", "process_"))
        assert family.name == family.name.lower()


def test_they_are_on_the_socket_in_the_text_format(tmp_path: Path) -> None:
    """Where the daemon's other answers are JSON."""
    with serving(tmp_path) as served:
        text = served.client.text("/metrics")
        assert samples(text)["curatord_pairs", "heldout"] == 1
        assert samples(text)["curatord_documents", ""] == 1
        with pytest.raises(Exception, match="Not Found"):
            served.client.text("/nonsense")


def test_the_history_is_on_the_socket(tmp_path: Path) -> None:
    """Filtered, and a parameter that is none is an error."""
    with serving(tmp_path) as served:
        assert served.client.get("/v1/history") == {"total": 0, "entries": []}
        assert served.client.get("/v1/history", kind="started", since="2026-11-01T00:00:00Z")["total"] == 0
        with pytest.raises(Exception, match="since"):
            served.client.get("/v1/history", since="yesterday")
