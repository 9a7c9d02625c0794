"""How commands ask."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from curatord import __version__
from curatord.control.client import Client
from curatord.control.server import CONNECTIONS
from curatord.control.socket import bind
from curatord.daemon.lock import InstanceLock
from curatord.errors import AccessError, BusyError, CuratordError, ExitCode, NotRunningError
from curatord.paths import StateDirectory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.control.serving import Serving


@contextmanager
def replying(path: Path, reply: bytes) -> Iterator[Client]:
    """Listen at a state directory's socket and answer whatever comes with these bytes."""
    state = StateDirectory(path)
    with bind(state.socket) as control:
        control.listen()

        def answer() -> None:
            connection, _ = control.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        yield Client(state, timeout=5)
        thread.join()


def reply(body: bytes, status: str = "200 OK", version: str = __version__) -> bytes:
    """Return an HTTP response."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nCuratord-Version: {version}\r\n\r\n"
    return head.encode() + body


def test_without_a_daemon_the_client_says_how_to_start_one(tmp_path: Path) -> None:
    """One line, exit code 3."""
    with pytest.raises(NotRunningError) as caught:
        Client(StateDirectory(tmp_path)).get("/v1/status")
    assert str(caught.value) == "curatord is not running. Start it with `curatord run`."
    assert caught.value.exit_code == 3


def test_a_daemon_whose_socket_is_gone_is_told_by_its_process(tmp_path: Path) -> None:
    """Somebody deleted the socket: "not running" would be wrong, and `curatord run` would not help."""
    state = StateDirectory(tmp_path)
    lock = InstanceLock(state.lock)
    lock.acquire()
    with pytest.raises(BusyError, match=rf"\(pid {os.getpid()}\) does not answer at .* kill {os.getpid()}$"):
        Client(state).get("/v1/status")
    lock.release()
    with pytest.raises(NotRunningError):
        Client(state).get("/v1/status")


def test_a_stale_socket_is_no_daemon(tmp_path: Path) -> None:
    """A daemon that was killed leaves its socket behind."""
    state = StateDirectory(tmp_path)
    bind(state.socket).close()
    with pytest.raises(NotRunningError):
        Client(state).get("/v1/status")
    assert not Client(state).is_answering()


def test_an_error_of_the_daemon_is_raised_with_its_exit_code(served: Serving) -> None:
    """The command ends as if the error had happened in it."""
    served.service.error = AccessError("Not yours.", hint="Ask.")
    with pytest.raises(CuratordError) as caught:
        served.client.get("/v1/status")
    assert (caught.value.message, caught.value.hint) == ("Not yours.", "Ask.")
    assert caught.value.exit_code is ExitCode.PERMISSION


def test_parameters_that_are_none_are_left_out(served: Serving) -> None:
    """So that options map to parameters one to one."""
    assert served.client.get("/v1/pairs", category=None, split="test")["total"] == 1


def test_another_version_of_the_daemon_is_a_warning_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer is taken all the same."""
    with replying(tmp_path, reply(b'{"x": 1}', version="0.0.1")) as client:
        assert client.get("/v1/status") == {"x": 1}
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("curatord: warning: the daemon is version 0.0.1, this command is")
    assert "`curatord restart`" in lines[0]


@pytest.mark.parametrize(
    ("status", "code", "raised"), [(404, 2, True), (422, 2, True), (404, 1, False), (409, 75, False)]
)
def test_what_another_version_does_not_understand_is_told_as_that(
    tmp_path: Path, status: int, code: int, raised: bool
) -> None:
    """A newer command asks an older daemon for what it does not have; other refusals are its own."""
    body = b'{"error": {"code": %d, "message": "No.", "hint": "Hm."}}' % code
    answer = reply(body, status=f"{status} X", version="0.0.1")
    with replying(tmp_path, answer) as client, pytest.raises(CuratordError) as caught:
        client.get("/v1/new")
    expected = f"The daemon, version 0.0.1, does not understand this command of version {__version__}: No."
    assert (caught.value.message == expected) is raised
    assert ("curatord restart" in caught.value.hint) is raised


def test_the_same_version_is_no_warning(served: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is on standard error."""
    served.client.get("/v1/status")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense\r\n\r\n", reply(b"{"), reply(b"<html>", "502 Bad Gateway"), reply(b'{"error": 3}', "500 Error")],
)
def test_what_does_not_answer_as_curatord_does_is_one_line(tmp_path: Path, data: bytes) -> None:
    """Whatever listens there: a CuratordError, no traceback."""
    with replying(tmp_path, data) as client, pytest.raises(CuratordError) as caught:
        client.get("/v1/status")
    assert "curatord" in caught.value.message


def test_a_daemon_that_does_not_answer_in_time_is_busy(tmp_path: Path) -> None:
    """The command does not hang."""
    state = StateDirectory(tmp_path)
    with bind(state.socket) as control:
        control.listen()
        with pytest.raises(BusyError, match=r"did not answer within 0\.1 s"):
            Client(state, timeout=0.1).get("/v1/status")


def test_too_many_connections_is_a_busy_error(served: Serving) -> None:
    """The server answers such a client without reading what it sent."""
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(served.connect())
        with pytest.raises(CuratordError) as caught:
            served.client.get("/v1/status")
    assert caught.value.exit_code is ExitCode.BUSY


def test_a_queue_that_is_full_is_a_busy_error(tmp_path: Path) -> None:
    """A daemon that does not even take connections is there, but has no time."""
    state = StateDirectory(tmp_path)
    with bind(state.socket) as control, ExitStack() as held:
        control.listen(0)
        for _ in range(10):
            waiting = held.enter_context(socket.socket(socket.AF_UNIX))
            waiting.setblocking(False)
            waiting.connect_ex(str(state.socket))
        with pytest.raises(BusyError):
            Client(state, timeout=0.1).get("/v1/status")


def test_events_are_streamed_as_they_happen_after_those_remembered(served: Serving) -> None:
    """`after` asks for the history; what is published meanwhile follows; the end of the daemon ends the stream."""
    served.service.events.publish("first", n=1)
    stream = served.client.stream("/v1/events", after=0)
    assert next(stream)["event"] == "first"
    served.service.events.publish("second", n=2)
    assert next(stream)["data"] == {"n": 2}
    served.service.events.close()
    assert list(stream) == []


def test_a_silent_stream_is_kept_alive(served: Serving) -> None:
    """An empty line a second tells each side that the other is there."""
    with served.connect() as connection:
        connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: curatord\r\n\r\n")
        received = b""
        while b"\r\n1\r\n\n\r\n" not in received:  # a chunk that is a line feed
            data = connection.recv(1000)
            assert data
            received += data
        connection.shutdown(socket.SHUT_RDWR)


def test_the_client_imports_nothing_that_takes_long() -> None:
    """`curatord status` answers in under 150 ms as a whole process."""
    heavy = "pydantic fastapi starlette uvicorn structlog sqlite3 rich mistune watchdog apscheduler orjson asyncio"
    script = (
        f"import sys, curatord.cli.status, curatord.control.client; print(*set({heavy.split()}) & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
