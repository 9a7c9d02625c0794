"""The dashboard as a process: a socket on the loopback address, a server, and what the terminal is told."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
import uvicorn

from curatord.control.server import QuietServer
from curatord.dashboard.access import Access
from curatord.dashboard.app import Dashboard
from curatord.dashboard.feed import Feed
from curatord.dashboard.relay import Daemon
from curatord.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from curatord.paths import StateDirectory

    Told = Callable[[bool, str, str], None]

LOOPBACK = "127.0.0.1"
SECONDS_TO_FINISH = 1  # for requests in hand when it ends


def bind(port: int) -> socket.socket:
    """Return a socket on the loopback address alone, of a free port where none (0) is asked for; raises BusyError."""
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((LOOPBACK, port))
    except OSError as error:
        place.close()
        raise BusyError(f"Port {port} cannot be used: {error.strerror}.", hint="Choose another, or none.") from error
    return place


def serve(
    state: StateDirectory,
    place: socket.socket,
    *,
    ready: Callable[[str], None],
    told: Told,
) -> None:
    """Serve the dashboard of a state directory until Ctrl-C or SIGTERM.

    `ready` is called with the link once it can be opened; `told` whenever the daemon comes or goes, with whether it is
    there, what happened and what to do.
    """
    asyncio.run(_serve(state, place, ready, told))


async def _serve(state: StateDirectory, place: socket.socket, ready: Callable[[str], None], told: Told) -> None:
    access = Access(place.getsockname()[1])
    daemon = Daemon(state)
    feed = Feed(daemon)
    server = QuietServer(_config(Dashboard(state, daemon, feed, access)))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        feed.close()
        server.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    tasks = [asyncio.create_task(feed.watch()), asyncio.create_task(_tell(feed, told))]
    place.listen()
    ready(access.link or access.address)
    try:
        await server.serve([place])
        await server.hang_up()
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


def _config(dashboard: Dashboard) -> uvicorn.Config:
    return uvicorn.Config(
        dashboard.app(),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )


async def _tell(feed: Feed, told: Told) -> None:
    """Hand on what is said of the daemon itself."""
    with feed.listen() as listener:
        while (message := await listener.get()) is not None:
            name, data = message
            if name == "daemon":
                standing = orjson.loads(data)
                told(standing["online"], standing["message"], standing["hint"])
