"""The server on the socket: private, patient with odd clients, quick to stop."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curatord.control.server import CONNECTIONS
from tests.control.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control.serving import Serving

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def answers(served: Serving) -> bool:
    """Tell whether the server still does its work."""
    return bool(served.client.get("/v1/status")["state"] == "ready")


@FUZZ
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_never_end_the_server(served: Serving, data: bytes, half_close: bool) -> None:
    """Whoever can connect may send what he likes, and hang up as he likes."""
    with served.connect() as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
    assert answers(served)


@FUZZ
@given(
    st.sampled_from([b"GET", b"POST", b"BREW"]),
    st.binary(max_size=40),
    st.dictionaries(st.sampled_from([b"Host", b"Content-Length", b"Transfer-Encoding", b"X"]), st.binary(max_size=20)),
)
def test_odd_requests_never_end_the_server(
    served: Serving, method: bytes, target: bytes, headers: dict[bytes, bytes]
) -> None:
    """Neither do heads that are nearly right."""
    lines = [method + b" /v1/" + target + b" HTTP/1.1", *(name + b": " + value for name, value in headers.items())]
    with served.connect() as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    assert answers(served)


def test_a_head_without_end_is_refused(served: Serving) -> None:
    """A request head is not collected for ever."""
    with served.connect() as connection:
        try:
            connection.sendall(b"GET /v1/status HTTP/1.1\r\n" + b"X: y\r\n" * 40_000)
            reply = connection.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            reply = b"HTTP/1.1 400 "
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert answers(served)


def test_a_slow_client_holds_up_nobody(served: Serving) -> None:
    """Half a head, or half a body, waits while others are answered."""
    with served.connect() as slow_head, served.connect() as slow_body:
        slow_head.sendall(b"GET /v1/sta")
        slow_body.sendall(b"POST /v1/sync HTTP/1.1\r\nHost: curatord\r\nContent-Length: 20\r\n\r\n{")
        started = time.monotonic()
        assert answers(served)
        assert time.monotonic() - started < 1.0


def test_a_long_request_holds_up_nobody(served: Serving) -> None:
    """`sync --wait` may take minutes; the status answers meanwhile."""
    served.service.sync_seconds = 1.0
    waiting = threading.Thread(target=served.client.post, args=("/v1/sync", {"wait": True, "timeout_seconds": 5}))
    waiting.start()
    started = time.monotonic()
    assert answers(served)
    assert time.monotonic() - started < 0.9
    waiting.join()


def test_a_connection_too_many_is_told_so_and_the_others_stay(served: Serving) -> None:
    """The answer is the usual JSON; a place that comes free is given to the next."""
    held = [served.connect() for _ in range(CONNECTIONS)]
    try:
        status, answer, _ = served.request("GET", "/v1/status")
        assert status == 503
        assert answer["error"]["code"] == 75
        held.pop().close()
        deadline = time.monotonic() + 5
        while served.request("GET", "/v1/status")[0] != 200:
            assert time.monotonic() < deadline
    finally:
        for connection in held:
            connection.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_hung_up_on(served: Serving) -> None:
    """Even one who got as far as the socket, as root can: the kernel says who it is."""
    # The directories above are their owner's alone, so the child goes there first and only then becomes somebody else.
    script = f"""
import os, socket
os.chdir({str(served.state.path)!r})
os.setuid(12345)
connection = socket.socket(socket.AF_UNIX)
connection.connect({served.state.socket.name!r})
connection.sendall(b"GET /v1/status HTTP/1.1\\r\\nHost: curatord\\r\\n\\r\\n")
print(connection.recv(100))
"""
    served.state.path.chmod(0o711)
    served.state.socket.chmod(0o666)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "HTTP" not in done.stdout
    assert "b''" in done.stdout or "BrokenPipe" in done.stderr or "ConnectionReset" in done.stderr
    assert answers(served)


def test_the_server_stops_within_two_seconds_under_open_streams(tmp_path: Path) -> None:
    """One that is read, and one that nobody reads; and the socket is taken away."""
    with serving(tmp_path) as served, served.connect() as read, served.connect() as stalled:
        for stream in (read, stalled):
            stream.sendall(b"GET /v1/events HTTP/1.1\r\nHost: curatord\r\n\r\n")
            assert stream.recv(1000)
        for _ in range(600):
            served.service.events.publish("much", text="x" * 2000)
        started = time.monotonic()
        served.stop()
        assert time.monotonic() - started < 2.0
    assert not served.thread.is_alive()
    assert not served.state.socket.exists()


def test_a_stop_finishes_the_request_in_hand(tmp_path: Path) -> None:
    """A short request gets its answer although the server is stopping."""
    answered: list[bool] = []
    with serving(tmp_path) as served:
        served.service.sync_seconds = 0.3

        def wait() -> None:
            answered.append(served.client.post("/v1/sync", {"wait": True, "timeout_seconds": 5})["done"])

        waiting = threading.Thread(target=wait)
        waiting.start()
        while not served.service.asked:
            time.sleep(0.01)
    waiting.join()
    assert answered == [True]
