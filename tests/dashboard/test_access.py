"""Who is let in: raw requests, as somebody would send them who is no browser of ours."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.dashboard.browser import Dashboard, dashboard
from tests.live import CURATORD, PATIENCE, configure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A dashboard without a daemon, whose token nobody has used."""
    with dashboard(configure(tmp_path_factory.mktemp("alone")).config) as running:
        yield running


@pytest.fixture(scope="module")
def cookie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """Another dashboard without a daemon, and the cookie of its session."""
    with dashboard(configure(tmp_path_factory.mktemp("let-in")).config) as running:
        status, headers, _ = begin(running, running.token)
        assert status == 204
        yield running, headers["set-cookie"].split(";")[0]


def ask(
    board: Dashboard, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request; headers are named with underscores, and an empty one is left out."""
    connection = http.client.HTTPConnection("127.0.0.1", board.port, timeout=10)
    given = {"Host": f"127.0.0.1:{board.port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, body or None, given)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def begin(board: Dashboard, token: object, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Exchange a token for a session, as the page does."""
    given = {"Origin": board.address.rstrip("/"), "Content_Type": "application/json"} | headers
    return ask(board, "POST", "/session", orjson.dumps({"token": token}), **given)


def test_the_page_itself_is_open_to_all(alone: Dashboard) -> None:
    """It is code that everybody may read, and shows nothing without a session."""
    assert ask(alone, "GET", "/")[0] == 200
    assert ask(alone, "GET", "/static/js/main.js")[1]["content-type"].startswith("text/javascript")
    assert ask(alone, "GET", "/static/vendor/preact/preact.mjs")[1]["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/v1/status", "/v1/pairs", "/stream", "/gaps", "/nothing"])
def test_nothing_else_is_told_without_a_session(alone: Dashboard, path: str) -> None:
    """Neither with no cookie nor with a made-up one."""
    assert ask(alone, "GET", path)[0] == 401
    assert ask(alone, "GET", path, Cookie=f"curatord-{alone.port}=guessed")[0] == 401


@pytest.mark.parametrize("token", ["", "wrong", "é", None, 7, ["x"]])
def test_a_wrong_token_buys_nothing(alone: Dashboard, token: object) -> None:
    """Whatever it is, and the right one stays good."""
    status, headers, body = begin(alone, token)

    assert status == 403
    assert "set-cookie" not in headers
    assert "start it again" in orjson.loads(body)["error"]["hint"]


def test_the_token_buys_one_session_and_no_second(tmp_path: Path) -> None:
    """Whoever comes second with it sees that somebody was first."""
    with dashboard(configure(tmp_path).config) as board:
        first, headers, _ = begin(board, board.token)
        second, other, _ = begin(board, board.token)

    assert (first, second) == (204, 403)
    assert "set-cookie" not in other
    attributes = {part.strip().lower() for part in headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "[::1]:80", ""])
def test_another_host_is_refused(cookie: tuple[Dashboard, str], host: str) -> None:
    """A name that was made to point here after the page was loaded does not let it read along (DNS rebinding)."""
    board, session = cookie
    for path in ("/", "/v1/status", "/static/js/main.js"):
        assert ask(board, "GET", path, Host=host, Cookie=session)[0] in {400, 403}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_another_origin_is_refused(cookie: tuple[Dashboard, str], origin: str) -> None:
    """The cookie alone lets no other page do anything, whatever it asks for."""
    board, session = cookie
    assert ask(board, "GET", "/v1/status", Origin=origin, Cookie=session)[0] == 403
    assert (
        ask(board, "POST", "/v1/sync", b"{}", Origin=origin, Cookie=session, Content_Type="application/json")[0] == 403
    )
    assert begin(board, "x", Origin=origin)[0] == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_began_is_refused(cookie: tuple[Dashboard, str], site: str) -> None:
    """Another port of this machine is the same site to a browser, and is refused as well; a link to the page is not."""
    board, session = cookie
    assert ask(board, "GET", "/v1/status", Cookie=session, Sec_Fetch_Site=site)[0] == 403
    assert ask(board, "GET", "/", Cookie=session, Sec_Fetch_Site=site)[0] == 200


def test_what_changes_something_must_say_where_it_comes_from(cookie: tuple[Dashboard, str]) -> None:
    """No browser leaves the Origin out of a POST."""
    board, session = cookie
    assert ask(board, "POST", "/v1/sync", b"{}", Cookie=session, Content_Type="application/json")[0] == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/stop"),
        ("POST", "/v1/reload"),
        ("POST", "/v1/pairs"),
        ("GET", "/v1/events"),
        ("DELETE", "/v1/pairs/ab"),
    ],
)
def test_the_page_may_not_do_everything(cookie: tuple[Dashboard, str], method: str, path: str) -> None:
    """What a page does not need is left to the command line."""
    board, session = cookie
    assert ask(board, method, path, Origin=board.address.rstrip("/"), Cookie=session)[0] == 403


@pytest.mark.parametrize(
    ("body", "kind", "status"), [(b"x" * 300_000, "application/json", 413), (b"a=b", "text/plain", 415)]
)
def test_a_body_is_json_and_not_too_long(cookie: tuple[Dashboard, str], body: bytes, kind: str, status: int) -> None:
    """Forms are what pages may send anywhere without asking; and memory is finite."""
    board, session = cookie
    origin = board.address.rstrip("/")
    assert ask(board, "POST", "/v1/sync", body, Origin=origin, Cookie=session, Content_Type=kind)[0] == status


def test_every_answer_is_protected(cookie: tuple[Dashboard, str]) -> None:
    """Refusals and pages alike; the policy names no other host, and allows no code within the page by name."""
    board, session = cookie
    for path, given in (("/", ""), ("/static/icon.svg", ""), ("/v1/status", ""), ("/v1/status", session)):
        headers = ask(board, "GET", path, Cookie=given)[1]
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_without_a_daemon_the_answer_says_so(cookie: tuple[Dashboard, str]) -> None:
    """It is the daemon's own form of error, with what to do."""
    board, session = cookie
    status, _, body = ask(board, "GET", "/v1/status", Cookie=session)

    assert status == 503
    assert orjson.loads(body)["error"]["message"] == "curatord is not running."


def test_it_listens_on_the_loopback_address_alone(alone: Dashboard) -> None:
    """Nobody else in the network can connect."""
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((_own_address(), alone.port)) != 0


def _own_address() -> str:
    """Return an address of this machine that is not 127.0.0.1; another of the loopback network where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1: nothing is sent
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C is how people end it: no traceback, exit code 0, even while a page listens."""
    with dashboard(configure(tmp_path).config) as board:
        _, headers, _ = begin(board, board.token)
        listening = http.client.HTTPConnection("127.0.0.1", board.port, timeout=10)
        listening.request("GET", "/stream", headers={"Cookie": headers["set-cookie"].split(";")[0]})
        assert listening.getresponse().status == 200
        board.process.send_signal(number)
        _, errors = board.process.communicate(timeout=PATIENCE)
        listening.close()

    assert board.process.returncode == 0
    assert "Traceback" not in errors
    assert "curatord is not running" in errors


def test_the_browser_is_opened_while_the_page_is_served(tmp_path: Path) -> None:
    """Even one that keeps hold of whoever opens it; what is printed for programs is one object."""
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\nprintf "%s" "$1" > {tmp_path}/draft\nmv {tmp_path}/draft {tmp_path}/link\nsleep 60\n'
    )
    browser.chmod(0o755)
    command = [*CURATORD, "--config", str(configure(tmp_path).config), "dashboard", "--json"]
    environment = os.environ | {"BROWSER": f"{browser} %s", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        board = Dashboard(process, orjson.loads(process.stdout.readline())["link"])
        assert begin(board, board.token)[0] == 204
        deadline = time.monotonic() + PATIENCE
        while not (tmp_path / "link").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)

    assert (tmp_path / "link").read_text() == board.link
    assert process.returncode == 0


def test_a_port_in_use_is_told(alone: Dashboard, tmp_path: Path) -> None:
    """With what to do."""
    command = [
        *CURATORD,
        "--config",
        str(configure(tmp_path).config),
        "dashboard",
        "--no-open",
        "--port",
        str(alone.port),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, env=os.environ)

    assert done.returncode == 75
    assert f"Port {alone.port} cannot be used" in done.stderr
