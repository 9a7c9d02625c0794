"""What becomes of the adapter of a finished run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from curatord.daemon.gauge import Gauge
from curatord.errors import CuratordError
from tests.daemon.training_world import RunWorld
from tests.serve.shelves import exam_record

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.train.run_directory import RunDirectory


@pytest.fixture
def world(tmp_path: Path) -> RunWorld:
    """A directory for runs and adapters."""
    return RunWorld(tmp_path)


def finished(world: RunWorld, *, promote: bool | None) -> RunDirectory:
    """Return a run that left an adapter, examined unless `promote` is None."""
    run = world.run()
    made = run.adapter if promote is None else run.examined
    made.mkdir()
    (made / "adapters.safetensors").write_bytes(b"weights")
    (made / "adapter_config.json").write_text("{}")
    if promote is not None:
        (made / "exam.json").write_text(exam_record(run.id, promote=promote).model_dump_json())
    return run


def test_an_adapter_that_passed_goes_into_service(world: RunWorld) -> None:
    """Its pairs stay seen for good, and whoever listens is told."""
    run = finished(world, promote=True)
    assert "in service" in world.promotion.conclude(run)
    adapter = world.promotion.adapters.in_service()
    assert adapter is not None
    assert adapter.id == run.id
    assert ("keep", run.id) in world.ledger.entries
    assert "promoted" in world.told()


def test_an_adapter_that_did_not_pass_stays_a_candidate_with_the_reason(world: RunWorld) -> None:
    """It is kept, not used, and its pairs are new again."""
    run = finished(world, promote=False)
    assert "it gains too little" in world.promotion.conclude(run)
    assert world.promotion.adapters.in_service() is None
    assert [adapter.id for adapter in world.promotion.adapters.all()] == [run.id]
    assert ("forget", run.id) in world.ledger.entries
    assert "not_promoted" in world.told()


def test_a_run_that_sat_no_exam_leaves_a_candidate(world: RunWorld) -> None:
    """Nothing is promoted that was not examined."""
    world.promotion.conclude(finished(world, promote=None))
    assert world.promotion.adapters.in_service() is None
    assert world.ledger.entries == []


def test_concluding_twice_is_concluding_once(world: RunWorld) -> None:
    """The daemon was killed after the switch, before it had written that the run is done."""
    run = finished(world, promote=True)
    world.promotion.conclude(run)
    world.promotion.conclude(run)
    assert len(world.promotion.adapters.history()) == 1


def test_a_run_without_an_adapter_is_told(world: RunWorld) -> None:
    """One clear line."""
    with pytest.raises(CuratordError, match="without an adapter"):
        world.promotion.conclude(world.run())


def test_the_status_tells_what_is_in_service_and_how_it_did(world: RunWorld) -> None:
    """Accuracy before and after, and the adapter's name; nothing before the first promotion."""
    gauge = Gauge("curatord.toml")
    world.promotion.show(gauge)
    assert (gauge.adapter, gauge.exam.after) == (None, None)
    run = finished(world, promote=True)
    world.promotion.conclude(run)
    world.promotion.show(gauge)
    assert (gauge.adapter, gauge.exam.before, gauge.exam.after) == (run.id, 0.1, 0.6)
    assert gauge.in_service is not None
    known = gauge.in_service.model_dump(exclude={"since"})
    assert known == {"id": run.id, "asked": 100, "before": 10, "right": 60, "topics": 1, "mastered": 0}
    assert gauge.in_service.since is not None
    assert datetime.fromisoformat(gauge.in_service.since) <= datetime.now().astimezone()


def test_a_person_may_promote_and_go_back(world: RunWorld) -> None:
    """Whatever the exam says; both are told."""
    run = finished(world, promote=False)
    world.promotion.conclude(run)
    world.promotion.promote(run.id)
    world.promotion.roll_back()
    assert world.promotion.adapters.in_service() is None
    assert world.told()[-2:] == ["promoted", "rolled_back"]
