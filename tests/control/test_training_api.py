"""What the control socket answers about training: orders, and real run directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curatord.config import Training
from curatord.daemon.supervisor import PAUSED_BY_PERSON
from curatord.errors import CuratordError, ExitCode
from curatord.train.run_directory import (
    BaseUsed,
    Plan,
    Prepared,
    Request,
    RunDirectory,
    RunState,
    SnapshotUsed,
    State,
    new_run,
)
from curatord.train.run_events import EventLog, Stage, StageBegan, Validation
from tests.daemon.standin_train import step_event

if TYPE_CHECKING:
    from tests.control.serving import Serving


@pytest.fixture
def run(served: Serving) -> RunDirectory:
    """A run on disk, in the middle of SFT."""
    runs = served.service.runs_path
    request = Request(
        reason="schedule", seed=3, training=Training(), system="", store=runs / "store.db", models=runs / "models"
    )
    made = new_run(runs, request)
    with EventLog(made.events) as log:
        log.append(StageBegan(stage=Stage.SFT))
        log.append(Validation(stage=Stage.SFT, step=0, loss=3.5))
        log.append(step_event(2, 10))
    return made


def test_orders_reach_the_trainer(served: Serving) -> None:
    """With the base, where one is named."""
    assert served.client.post("/v1/train/now")["state"] == "running"
    served.client.post("/v1/train/now", {"base": "some/model"})
    served.client.post("/v1/train/pause")
    served.client.post("/v1/train/resume")
    assert served.service.training.asked == [("now", None), ("now", "some/model"), "pause", "resume"]
    assert served.client.get("/v1/train/preview")["action"] == "wait"


def test_an_order_that_is_refused_says_why(served: Serving) -> None:
    """With the hint."""
    with pytest.raises(CuratordError, match="no run in hand") as refused:
        served.client.post("/v1/train/cancel")
    assert refused.value.exit_code == ExitCode.FAILED
    assert served.request("POST", "/v1/train/now", b'{"base": ""}', {"Content-Type": "application/json"})[0] == 422


def test_runs_are_listed_with_their_progress(served: Serving, run: RunDirectory) -> None:
    """The latest first, and what is no run is told."""
    (served.service.runs_path / "holiday photos").mkdir()
    answer = served.client.get("/v1/runs")
    assert answer["total"] == 1
    assert len(answer["problems"]) == 1
    (entry,) = answer["runs"]
    assert (entry["id"], entry["state"], entry["asked_by"]) == (run.id, "paused", "schedule")
    assert (entry["progress"]["step"], entry["progress"]["loss"], entry["progress"]["validation_loss"]) == (2, 1.0, 3.5)
    assert served.client.get("/v1/runs", offset=1)["runs"] == []


def test_without_runs_there_is_nothing_to_list(served: Serving) -> None:
    """The directory need not be there."""
    assert served.client.get("/v1/runs") == {"total": 0, "runs": [], "problems": []}


def test_a_run_is_shown_with_what_it_is_trained_with(served: Serving, run: RunDirectory) -> None:
    """As soon as that is known."""
    shown = served.client.get(f"/v1/runs/{run.id[:8]}")
    assert (shown["seed"], shown["snapshot"], shown["rows"], shown["adapter"]) == (3, None, {}, None)
    run.write_prepared(
        Prepared(
            id=run.id,
            created=run.request().created,
            seed=3,
            training=Training(),
            snapshot=SnapshotUsed(sha256="ab", counts={"sft-train": 90}),
            base=BaseUsed(name="smollm2-135m", sha256="cd", dtype="float32"),
            versions={"mlx": "0.32.4"},
            padding=0.04,
            left_out={"too_long": 1},
            plan=Plan(sft_steps=10, dpo_steps=4),
        )
    )
    shown = served.client.get(f"/v1/runs/{run.id}")
    assert shown["rows"] == {"sft-train": 90}
    assert shown["steps"] == {"sft": 10, "dpo": 4}
    assert (shown["dtype"], shown["left_out"]) == ("float32", {"too_long": 1})


def test_a_run_that_a_person_paused_waits_for_a_person(served: Serving, run: RunDirectory) -> None:
    """Others go on by themselves."""
    assert not served.client.get(f"/v1/runs/{run.id}")["waits_for_person"]
    run.write_state(State(state=RunState.PAUSED, reason=PAUSED_BY_PERSON))
    assert served.client.get(f"/v1/runs/{run.id}")["waits_for_person"]


def test_the_events_of_a_run_are_told_from_an_offset(served: Serving, run: RunDirectory) -> None:
    """Until it has ended."""
    first = served.client.get(f"/v1/runs/{run.id}/events")
    assert [event["event"] for event in first["events"]] == ["stage", "validation", "step"]
    assert not first["ended"]
    run.write_state(State(state=RunState.DONE))
    rest = served.client.get(f"/v1/runs/{run.id}/events", offset=first["offset"])
    assert (rest["events"], rest["ended"]) == ([], True)


def test_a_run_that_is_not_there_is_not_found(served: Serving) -> None:
    """The hint says where the ids are."""
    status, answer, _ = served.request("GET", "/v1/runs/1999")
    assert status == 404
    assert answer["error"]["hint"] == "See `curatord runs list`."
