"""What the dashboard hands on from the daemon: its answers and its events, without a browser."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.cli.conftest import NOTE
from tests.dashboard.browser import Dashboard, dashboard
from tests.dashboard.test_access import ask, begin
from tests.live import Live, configure, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A daemon with one note."""
    directory = tmp_path_factory.mktemp("relay")
    (configure(directory).memory / "cold-store.md").write_text(NOTE)
    with running(directory) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def let_in(live: Live) -> Iterator[tuple[Dashboard, str]]:
    """A dashboard of it, and the cookie of a session."""
    with dashboard(live.config) as board:
        yield board, begin(board, board.token)[1]["set-cookie"].split(";")[0]


def fetch(let_in: tuple[Dashboard, str], path: str) -> tuple[int, Any]:
    """Return status and object of an answer."""
    status, _, body = ask(let_in[0], "GET", path, Cookie=let_in[1])
    return status, orjson.loads(body)


def test_answers_are_the_daemons(let_in: tuple[Dashboard, str], live: Live) -> None:
    """With their parameters, their status and their errors."""
    status, answer = fetch(let_in, "/v1/pairs?limit=3&category=factual")
    assert status == 200
    assert answer == live.json("pairs", "list", "--limit", "3", "--category", "factual")

    status, answer = fetch(let_in, "/v1/pairs/zzz")
    assert status == 404
    assert "zzz" in answer["error"]["message"]
    assert fetch(let_in, "/v1/pairs?limit=0")[0] == 422


def test_orders_reach_the_daemon(let_in: tuple[Dashboard, str]) -> None:
    """With their body."""
    board, session = let_in
    given = {"Cookie": session, "Origin": board.address.rstrip("/"), "Content_Type": "application/json"}
    status, _, body = ask(board, "POST", "/v1/sync", b'{"wait": true}', **given)

    assert (status, orjson.loads(body)["done"]) == (200, True)


def test_gaps_are_those_of_the_command(let_in: tuple[Dashboard, str], live: Live) -> None:
    """Measured by the dashboard itself; what is asked wrongly is refused."""
    status, answer = fetch(let_in, "/gaps?most=5")

    assert status == 200
    told = live.json("gaps", "-n", "5")
    assert [(one["kind"], one["topic"], one["score"]) for one in answer["gaps"]] == [
        (one["kind"], one["topic"], one["score"]) for one in told["gaps"]
    ]
    assert fetch(let_in, "/gaps?most=0")[0] == 422
    assert fetch(let_in, "/gaps?topic=nowhere")[0] != 200


def test_the_stream_tells_how_things_stand_and_then_what_happens(let_in: tuple[Dashboard, str], live: Live) -> None:
    """First whether the daemon is there and its status; then events, moments after a note is saved."""
    with stream(let_in) as messages:
        assert next(messages) == ("daemon", {"online": True, "message": "", "hint": ""})
        name, status = next(messages)
        assert (name, status["pid"], status["documents"]) == ("status", live.status()["pid"], 1)
        (live.memory / "lamps.md").write_text(NOTE.replace("cold store", "lamp room"))
        told = []
        for name, message in messages:
            told.append(message.get("event"))
            if name == "status" and message["documents"] == 2:
                break
        assert "pass" in told


def test_the_stream_tells_of_the_daemons_end_and_return(let_in: tuple[Dashboard, str], live: Live) -> None:
    """Whoever listens need not connect again."""
    with stream(let_in) as messages:
        assert next(message["online"] for name, message in messages if name == "daemon")
        live.stop()
        gone = next(message for name, message in messages if name == "daemon")
        assert (gone["online"], gone["hint"]) == (False, "Start it with `curatord run`.")
        live.start()
        assert next(message["online"] for name, message in messages if name == "daemon" and message["online"])


@contextmanager
def stream(let_in: tuple[Dashboard, str]) -> Iterator[Iterator[tuple[str, Any]]]:
    """Give the messages of the stream: their names and objects."""
    connection = http.client.HTTPConnection("127.0.0.1", let_in[0].port, timeout=30)
    try:
        connection.request("GET", "/stream", headers={"Cookie": let_in[1]})
        yield _messages(connection.getresponse())
    finally:
        connection.close()


def _messages(response: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    name = ""
    while line := response.readline().decode():
        if line.startswith("event: "):
            name = line.removeprefix("event: ").strip()
        elif line.startswith("data: "):
            yield name, orjson.loads(line.removeprefix("data: "))
