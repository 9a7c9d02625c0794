"""How a command asks the daemon: HTTP over its Unix socket, with the standard library alone.

Every command starts here, so nothing is imported that takes long.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from curatord import __version__
from curatord.control.running import holder_pid
from curatord.errors import AccessError, BusyError, CuratordError, ExitCode, NotRunningError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from curatord.paths import StateDirectory

SECONDS = 30.0
# What another version may ask for in vain: no such place, no such method there, no such parameters.
_NOT_UNDERSTOOD = frozenset({http.client.NOT_FOUND, http.client.METHOD_NOT_ALLOWED, http.client.UNPROCESSABLE_ENTITY})

STREAM_SECONDS = 10.0  # the daemon sends a heartbeat every second


class Client:
    """Asks the daemon of one state directory; each request has a connection of its own.

    Every method raises NotRunningError when no daemon runs there, BusyError when one runs and does not answer, and a
    CuratordError with the daemon's message, hint and exit code when it refuses.
    """

    def __init__(self, state: StateDirectory, *, timeout: float = SECONDS) -> None:
        """Ask the daemon at `state.socket`, and wait for so many seconds at most."""
        self._lock = state.lock
        self._socket = state.socket
        self._timeout = timeout
        self._warned = False

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """Return the answer to GET PATH; parameters that are None are left out."""
        return self._ask("GET", _target(path, query), None, self._timeout)

    def post(self, path: str, body: Mapping[str, object] | None = None, *, patience: float = 0.0) -> dict[str, Any]:
        """Return the answer to POST PATH, which may take `patience` seconds longer than others."""
        return self._ask("POST", _target(path, {}), body or {}, self._timeout + patience)

    def delete(self, path: str, **query: object) -> dict[str, Any]:
        """Return the answer to DELETE PATH; parameters that are None are left out."""
        return self._ask("DELETE", _target(path, query), None, self._timeout)

    def text(self, path: str) -> str:
        """Return the answer to GET PATH where that is no JSON."""
        return self._read("GET", path, None, self._timeout).decode()

    def stream(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Yield the objects of a stream until the daemon ends it."""
        connection, response = self._open("GET", _target(path, query), None, STREAM_SECONDS)
        try:
            while line := response.readline():
                if line.strip():
                    yield json.loads(line)
        except OSError as error:
            raise NotRunningError("curatord has gone.", hint="Start it with `curatord run`.") from error
        finally:
            connection.close()

    def is_answering(self) -> bool:
        """Tell whether something listens at the socket."""
        try:
            connect(self._socket, self._lock, self._timeout).close()
        except (NotRunningError, BusyError):
            return False
        return True

    def _ask(self, method: str, target: str, body: Mapping[str, object] | None, timeout: float) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(self._read(method, target, body, timeout))
        except ValueError as error:
            raise _broken_off() from error
        return answer

    def _read(self, method: str, target: str, body: Mapping[str, object] | None, timeout: float) -> bytes:
        connection, response = self._open(method, target, body, timeout)
        try:
            return response.read()
        except TimeoutError as error:
            raise _too_slow(timeout) from error
        except (OSError, http.client.HTTPException) as error:
            raise _broken_off() from error
        finally:
            connection.close()

    def _open(
        self, method: str, target: str, body: Mapping[str, object] | None, timeout: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = _Connection(self._socket, self._lock, timeout)
        try:
            response = _send(connection, method, target, body)
            self._compare_versions(response)
            _raise_for_error(response)
        except TimeoutError as error:
            connection.close()
            raise _too_slow(timeout) from error
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            connection.close()
            raise CuratordError(
                f"curatord at {self._socket} hung up without an answer.", hint="`curatord logs` may say why."
            ) from error
        except http.client.HTTPException as error:
            connection.close()
            raise NotRunningError(
                f"What listens at {self._socket} does not answer as curatord does.", hint="`curatord logs` may say why."
            ) from error
        except CuratordError:
            connection.close()
            raise
        return connection, response

    def _compare_versions(self, response: http.client.HTTPResponse) -> None:
        theirs = response.getheader("Curatord-Version")
        if theirs != __version__ and not self._warned:
            self._warned = True
            sys.stderr.write(
                f"curatord: warning: the daemon is version {theirs or 'unknown'}, this command is {__version__};"
                " restart it with `curatord restart`.\n"
            )


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a Unix socket."""

    def __init__(self, path: Path, lock: Path, timeout: float) -> None:
        super().__init__("curatord", timeout=timeout)
        self._path = path
        self._lock = lock
        self._timeout = timeout

    def connect(self) -> None:
        self.sock = connect(self._path, self._lock, self._timeout)


def connect(path: Path, lock: Path, timeout: float) -> socket.socket:
    """Return a connection to the daemon's socket; raises as the methods of Client do."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        connection.close()
        if pid := holder_pid(lock):
            raise BusyError(
                f"curatord (pid {pid}) does not answer at {path}: it is starting, stopping or building,"
                " or that socket was deleted.",
                hint=f"Try again; if it stays so: kill {pid}",
            ) from error
        raise NotRunningError("curatord is not running.", hint="Start it with `curatord run`.") from error
    except PermissionError as error:
        connection.close()
        raise AccessError(f"{path} belongs to another user's curatord.") from error
    except BlockingIOError as error:
        connection.close()
        raise BusyError("Too many commands talk to curatord at once.", hint="Try again.") from error
    except OSError as error:
        connection.close()
        raise NotRunningError(f"{path} cannot be reached: {error.strerror}.") from error
    return connection


def _send(
    connection: _Connection, method: str, target: str, body: Mapping[str, object] | None
) -> http.client.HTTPResponse:
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    # A server with too many connections answers without reading, and its answer says so.
    with suppress(BrokenPipeError):
        connection.request(method, target, data, headers)
    return connection.getresponse()


def _raise_for_error(response: http.client.HTTPResponse) -> None:
    if response.status < http.client.BAD_REQUEST:
        return
    try:
        error = json.loads(response.read())["error"]
        raised = CuratordError(error["message"], hint=error["hint"])
        raised.exit_code = ExitCode(error["code"])
    except (ValueError, KeyError, TypeError) as problem:
        raise CuratordError(f"curatord answered {response.status} {response.reason}.") from problem
    theirs = response.getheader("Curatord-Version")
    if response.status in _NOT_UNDERSTOOD and raised.exit_code is ExitCode.USAGE and theirs != __version__:
        raise CuratordError(
            f"The daemon, version {theirs or 'unknown'}, does not understand this command of version {__version__}:"
            f" {raised.message}",
            hint="Run `curatord restart`.",
        )
    raise raised


def _target(path: str, query: Mapping[str, object]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{quote(path)}{'?' if given else ''}{urlencode(given)}"


def _broken_off() -> CuratordError:
    return CuratordError("curatord broke off its answer.", hint="`curatord logs` may say why.")


def _too_slow(timeout: float) -> BusyError:
    return BusyError(f"curatord did not answer within {timeout:g} s.", hint="`curatord logs` may say why.")
