"""People's judgements of pairs over the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from tests.control.serving import Serving


def first(served: Serving) -> str:
    """Return the id of the sample's training pair."""
    return str(served.client.get("/v1/pairs", split="train")["pairs"][0]["id"])


def test_a_pair_is_rejected_and_that_is_taken_back(served: Serving) -> None:
    """Each answer shows the pair as it is now; the rejected one is listed where it is asked for."""
    identity = first(served)
    answer = served.client.post(f"/v1/pairs/{identity[:6]}/judgement", {"verdict": "down", "by": "dashboard"})
    assert (answer["judgements"], [(one["id"], one["kept"]) for one in answer["pairs"]]) == (1, [(identity, False)])
    assert served.client.get("/v1/pairs", split="train")["total"] == 0
    assert served.client.get("/v1/pairs", judged="down")["total"] == 1
    (entry,) = served.client.get("/v1/judgements")["judgements"]
    assert (entry["pair"], entry["verdict"], entry["judged_by"]) == (identity, "down", "dashboard")
    assert (entry["state"], entry["pairs"], entry["made_answer"]) == ("in_force", [identity], "Four degrees.")
    answer = served.client.delete(f"/v1/pairs/{identity}/judgement")
    assert [(one["verdict"], one["kept"]) for one in answer["pairs"]] == [(None, True)]
    assert served.client.get("/v1/judgements")["total"] == 0


def test_an_edit_gives_a_pair_another_id_and_tells_what_it_was(served: Serving) -> None:
    """The pair is found by both."""
    identity = first(served)
    body = {"verdict": "edited", "answer": "Six degrees.", "rejected": "Nine degrees."}
    (pair,) = served.client.post(f"/v1/pairs/{identity}/judgement", body)["pairs"]
    assert pair["id"] != identity
    assert (pair["answer"], pair["rejected"], pair["verdict"]) == ("Six degrees.", "Nine degrees.", "edited")
    assert pair["made"] == {
        "id": identity,
        "question": "How cold is the store?",
        "answer": "Four degrees.",
        "strategy": "wrong",
        "rejected": "Five degrees.",
    }
    shown = served.client.get(f"/v1/pairs/{identity}")
    assert shown == served.client.get(f"/v1/pairs/{pair['id']}")
    assert (shown["verdict"], shown["judged_by"]) == ("edited", "api")
    assert served.client.get("/v1/judgements", verdict="edited", state="in_force")["total"] == 1
    assert served.client.get("/v1/judgements", state="dormant")["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "splendid"},
        {"verdict": "edited"},
        {"verdict": "up", "answer": "Six."},
        {"verdict": "edited", "question": "Q?", "whole_fact": True},
        {"verdict": "up", "by": "telepathy"},
        {"verdict": "up", "unknown": 1},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(served: Serving, body: dict[str, object]) -> None:
    """As a usage error, and nothing is judged."""
    with pytest.raises(CuratordError) as caught:
        served.client.post(f"/v1/pairs/{first(served)}/judgement", body)
    assert caught.value.exit_code == ExitCode.USAGE
    assert served.client.get("/v1/judgements")["total"] == 0


def test_an_unknown_pair_is_not_found(served: Serving) -> None:
    """With the status that says so."""
    body = orjson.dumps({"verdict": "up"})
    headers = {"Content-Type": "application/json"}
    assert served.request("POST", "/v1/pairs/ffff/judgement", body, headers)[0] == 404
    assert served.request("DELETE", "/v1/pairs/ffff/judgement")[0] == 404
