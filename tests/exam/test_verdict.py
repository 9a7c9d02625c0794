"""What the figures of an exam come to: which trial may be promoted, and with which router."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from curatord.config import Exam
from curatord.exam import general, routing, verdict
from curatord.exam.sitting import Said, Sitting
from curatord.train import replay
from tests.exam.rows import exam_row

if TYPE_CHECKING:
    from pathlib import Path

    from curatord.exam.records import Trial

ASKED = [exam_row(number) for number in range(40)]
BASE = Said(("I do not know.",) * len(ASKED), tuple(" ".join(key[0] for key in p.keys) for p in general.probes()))
ADAPTER = Said(tuple(row.answer for row in ASKED), ("Service listens.",) * len(general.probes()))


@cache
def fitted() -> routing.Router:
    """Return the router of notes that speak of a few things which general probes ask for."""
    facts = [routing.Fact(row.answer, (row.question,)) for row in ASKED]
    facts += [routing.Fact("The capital of Egypt has a port.", ()), routing.Fact("Egypt has water.", ())]
    return routing.fit(facts, [row.question for row in ASKED], replay.prompts(), lambda word: len(word) < 6)


def router_that_misleads(probes: int) -> routing.Router:
    """Return one that takes this many general probes for questions about the notes."""
    likely = sorted((fitted().probability(probe.question) for probe in general.probes()), reverse=True)
    return fitted().model_copy(update={"threshold": likely[probes - 1]})


def trial(router: routing.Router | None, directory: Path, said: Said = ADAPTER) -> Trial:
    """Return the trial of an adapter that knows the notes and has forgotten everything else."""
    sitting, marker = Sitting(ASKED, directory, router), verdict.Marker()
    before = marker.graded(ASKED, BASE)
    return verdict.trial(sitting, marker, 1.0, said, base=BASE, before=before, settings=Exam())


def test_a_router_that_misleads_no_more_than_is_allowed_stays_as_it_is(tmp_path: Path) -> None:
    """One probe of eighty is 1.25 points."""
    router = router_that_misleads(1)
    found = trial(router, tmp_path)
    assert (found.threshold, found.general.right, found.refused) == (router.threshold, 79, ())


def test_a_router_that_misleads_too_often_is_made_stricter_rather_than_the_adapter_weaker(tmp_path: Path) -> None:
    """Of three probes it leaves two to the base; all questions about the notes are still the adapter's."""
    router = router_that_misleads(3)
    found = trial(router, tmp_path)
    assert found.threshold > router.threshold
    assert (found.general.right, found.exam.after, found.refused) == (79, len(ASKED), ())


def test_a_stricter_router_is_what_the_replies_are_passed_on_by(tmp_path: Path) -> None:
    """A reply that its threshold leaves to the base is told as the base's."""
    router = router_that_misleads(3)
    sitting = Sitting(ASKED, tmp_path, router)
    before = verdict.Marker().graded(ASKED, BASE)
    told = verdict.replies(sitting, verdict.Marker(), ADAPTER, BASE, before, 2.0)
    assert not any(reply.routed or reply.right for reply in told)


def test_a_gain_that_is_none_is_not_looked_for_with_other_routers(tmp_path: Path) -> None:
    """Nothing is forgotten, and nothing of the notes is known."""
    router = router_that_misleads(3)
    found = trial(router, tmp_path, BASE)
    assert found.threshold == router.threshold
    (reason,) = found.refused
    assert "min_gain" in reason


def test_a_stricter_router_may_leave_too_little_to_an_adapter(tmp_path: Path) -> None:
    """It has forgotten what it is asked, and knows nothing of the notes: the reason is the gain."""
    found = trial(router_that_misleads(3), tmp_path, Said(BASE.exam, ADAPTER.general))
    assert found.general.right == 79
    (reason,) = found.refused
    assert "min_gain" in reason


def test_without_a_router_a_forgetful_adapter_is_refused(tmp_path: Path) -> None:
    """It is asked everything."""
    found = trial(None, tmp_path)
    assert found.general.right == 0
    (reason,) = found.refused
    assert "max_loss" in reason
