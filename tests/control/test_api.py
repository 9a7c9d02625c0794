"""What the control socket answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from curatord import __version__
from curatord.config import Control
from curatord.daemon.status import Reloaded, Status
from curatord.errors import BusyError, ExitCode
from tests.control.serving import SAMPLE, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control.serving import Serving

# Scripts outside the project rely on these.
STATUS_KEYS = {
    "version",
    "pid",
    "uptime_seconds",
    "roots",
    "queue",
    "documents",
    "facts",
    "pairs",
    "generation",
    "problems",
    "new_pairs",
    "training",
    "adapter",
    "exam",
}


def test_the_status_keeps_its_contract(served: Serving) -> None:
    """Every promised key is there, and all of it is as the schema says."""
    status = served.client.get("/v1/status")
    jsonschema.validate(status, Status.model_json_schema())
    assert status.keys() >= STATUS_KEYS
    assert status["queue"].keys() >= {"pending", "settling"}
    assert status["pairs"].keys() >= {"sft", "preference", "by_category"}
    assert set(status["pairs"]["by_category"]) == {"factual", "analytical", "practical", "critical", "comparative"}
    assert status["training"].keys() >= {"state", "next_run", "held_by", "run"}
    assert status["exam"].keys() >= {"before", "after"}


def test_the_status_tells_the_figures_of_the_store(served: Serving) -> None:
    """The sample has one pair to train on and one held out."""
    status = served.client.get("/v1/status")
    assert (status["documents"], status["pairs"]["sft"], status["pairs"]["heldout"]) == (1, 1, 1)


def test_every_answer_names_the_version(served: Serving) -> None:
    """A client compares it with its own, also on errors."""
    for target in ("/v1/status", "/v1/nothing"):
        assert served.request("GET", target)[2]["curatord-version"] == __version__


def test_pairs_are_listed_with_their_note(served: Serving) -> None:
    """Each entry says what was asked and where it came from."""
    answer = served.client.get("/v1/pairs")
    assert answer["total"] == 2
    assert answer["pairs"][0] == {
        "id": answer["pairs"][0]["id"],
        "category": "factual",
        "split": "train",
        "score": 0.9,
        "question": "How cold is the store?",
        "answer": "Four degrees.",
        "strategy": "wrong",
        "rejected": "Five degrees.",
        "root": "knowledge",
        "path": "cold-store.md",
        "kept": True,
        "verdict": None,
        "made": None,
    }


def test_pairs_are_filtered_and_paged(served: Serving) -> None:
    """Filters and pages come as query parameters."""
    assert [pair["split"] for pair in served.client.get("/v1/pairs", split="test")["pairs"]] == ["test"]
    page = served.client.get("/v1/pairs", limit=1, offset=1)
    assert (page["total"], len(page["pairs"])) == (2, 1)


def test_pairs_are_found_by_their_words(served: Serving) -> None:
    """The search goes over questions and answers."""
    assert served.client.get("/v1/pairs/search", q="degrees")["total"] == 1
    assert served.client.get("/v1/pairs/search", q='"((')["total"] == 0


def test_a_pair_is_shown_with_its_places(served: Serving) -> None:
    """A list's id leads to the whole."""
    identity = served.client.get("/v1/pairs")["pairs"][0]["id"]
    shown = served.client.get(f"/v1/pairs/{identity}")
    assert shown["parts"] == {"faithful": 1.0}
    assert [place["path"] for place in shown["places"]] == [SAMPLE.path]


def test_statistics_documents_and_problems_are_told(served: Serving) -> None:
    """The other lists answer too."""
    assert served.client.get("/v1/pairs/stats")["by_split"] == {"test": 1, "train": 1}
    assert [note["path"] for note in served.client.get("/v1/documents")["documents"]] == [SAMPLE.path]
    assert served.client.get("/v1/documents/skipped") == {"total": 0, "skipped": []}
    assert served.client.get("/v1/problems") == {"total": 0, "problems": []}


def test_only_notes_that_a_page_shows_are_read_again(served: Serving) -> None:
    """The counts in the store say which; another page, or a reason that nothing was dropped for, reads none."""
    page = served.client.get("/v1/pairs/dropped")
    assert page["total"] == 1
    assert [(one["path"], one["reason"], one["detail"]) for one in page["dropped"]] == [
        (SAMPLE.path, "low_score", "fitting 0.40")
    ]
    assert served.client.get("/v1/pairs/dropped", offset=1)["dropped"] == []
    assert served.client.get("/v1/pairs/dropped", reason="over_limit") == {"total": 0, "dropped": []}
    assert served.client.get("/v1/pairs/dropped", document="other.md")["total"] == 0
    assert [notes for _, notes in served.service.asked if notes] == [[("knowledge", SAMPLE.path)]]


def test_a_sync_hands_on_whether_and_how_long_to_wait(served: Serving) -> None:
    """Without a body it does not wait."""
    assert served.client.post("/v1/sync", {"wait": True, "timeout_seconds": 3})["done"]
    assert not served.request("POST", "/v1/sync")[1]["done"]
    assert served.service.asked == [("sync", True, 3.0), ("sync", False, 60.0)]


def test_orders_reach_the_daemon(served: Serving) -> None:
    """Reload, confirm-deletes and stop each answer with what came of them."""
    served.service.reloaded = Reloaded(applied=False, error="broken")
    assert served.client.post("/v1/reload") == {"applied": False, "error": "broken"}
    assert served.client.post("/v1/confirm-deletes") == {"roots": ["knowledge"]}
    assert served.client.post("/v1/stop")["pid"] > 0
    assert served.service.asked == ["stop"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/v1/pairs?limit=0", "limit"),
        ("/v1/pairs?limit=x", "limit"),
        ("/v1/pairs?category=poetic", "category"),
        ("/v1/pairs?min_score=nan", "min_score"),
        ("/v1/pairs?offset=99999999999999999999", "offset"),
        ("/v1/pairs?colour=red", "colour"),
        ("/v1/pairs/search", "q"),
        ("/v1/events?after=-1", "after"),
    ],
)
def test_a_value_that_is_not_understood_is_named(served: Serving, target: str, told: str) -> None:
    """Unknown parameters are errors as well: a typing error must not list everything."""
    status, answer, _ = served.request("GET", target)
    assert status == 422
    assert answer["error"]["code"] == ExitCode.USAGE
    assert told in answer["error"]["message"]


@pytest.mark.parametrize("body", [b"{", b'{"wait": 1e999}', b"[]", b'{"wait": true, "until": 3}', b"\xff", b"[" * 9999])
def test_a_body_that_is_not_understood_is_refused(served: Serving, body: bytes) -> None:
    """Whatever is sent, the answer has the usual shape."""
    status, answer, _ = served.request("POST", "/v1/sync", body, {"Content-Type": "application/json"})
    assert status in (400, 422)
    assert answer["error"]["code"] == ExitCode.USAGE


def test_unknown_places_and_methods_are_told_in_the_same_shape(served: Serving) -> None:
    """Clients read errors in one way."""
    for method, target, expected in (("GET", "/", 404), ("GET", "/docs", 404), ("GET", "/v1/stop", 405)):
        status, answer, _ = served.request(method, target)
        assert status == expected
        assert answer["error"].keys() == {"code", "message", "hint"}


def test_an_unknown_pair_is_not_found(served: Serving) -> None:
    """The hint says where the ids are."""
    status, answer, _ = served.request("GET", "/v1/pairs/zzzz")
    assert status == 404
    assert answer["error"]["hint"] == "`curatord pairs list` shows them."


def test_an_error_of_the_daemon_keeps_its_exit_code_and_hint(served: Serving) -> None:
    """The command ends as the daemon's error says."""
    served.service.error = BusyError("It is in use.", hint="Wait.")
    status, answer, _ = served.request("GET", "/v1/status")
    assert status == 409
    assert answer["error"] == {"code": 75, "message": "It is in use.", "hint": "Wait."}


def test_a_failure_of_the_daemon_is_an_answer_without_a_traceback(served: Serving) -> None:
    """And the server goes on."""
    served.service.error = RuntimeError("secret text of a note")
    status, answer, _ = served.request("GET", "/v1/status")
    assert status == 500
    assert "secret" not in answer["error"]["message"]
    served.service.error = None
    assert served.request("GET", "/v1/status")[0] == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Referer": "http://evil.example/"}, {"Host": "evil.example"}]
)
def test_what_comes_from_a_web_page_is_refused(served: Serving, headers: dict[str, str]) -> None:
    """Something that forwards HTTP to the socket must not let a browser in."""
    status, answer, _ = served.request("POST", "/v1/stop", headers=headers)
    assert status == 403
    assert answer["error"]["code"] == ExitCode.PERMISSION
    assert served.service.asked == []


def test_a_body_over_the_limit_is_refused(served: Serving) -> None:
    """65,536 bytes may come, one more may not."""
    padding = b" " * (65_536 - len(b"{}"))
    headers = {"Content-Type": "application/json"}
    assert served.request("POST", "/v1/sync", b"{}" + padding, headers)[0] == 200
    status, answer, _ = served.request("POST", "/v1/sync", b"{} " + padding, headers)
    assert status == 413
    assert "65536 bytes" in answer["error"]["message"]


def test_the_limit_on_bodies_is_a_setting(tmp_path: Path) -> None:
    """[control] max_request_bytes."""
    with serving(tmp_path, Control(max_request_bytes=1024)) as served:
        assert served.request("POST", "/v1/sync", b" " * 1025)[0] == 413


def test_the_schema_is_served_and_names_every_endpoint(served: Serving) -> None:
    """Other programs find out what there is to ask."""
    schema: dict[str, Any] = served.client.get("/v1/openapi.json")
    assert {path.removeprefix("/v1/") for path in schema["paths"]} == {
        "adapters",
        "adapters/rollback",
        "adapters/{identity}/exam",
        "adapters/{identity}/promote",
        "status",
        "sync",
        "reload",
        "confirm-deletes",
        "stop",
        "pairs",
        "pairs/search",
        "pairs/stats",
        "pairs/dropped",
        "pairs/{identity}",
        "pairs/{identity}/source",
        "pairs/{identity}/judgement",
        "judgements",
        "documents",
        "documents/skipped",
        "documents/facts",
        "problems",
        "conflicts",
        "events",
        "history",
        "/metrics",
        "train/now",
        "train/pause",
        "train/resume",
        "train/cancel",
        "train/preview",
        "runs",
        "runs/{identity}",
        "runs/{identity}/events",
    }
    assert all(operation["description"] for path in schema["paths"].values() for operation in path.values())
