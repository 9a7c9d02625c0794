"""A control server over a real socket, store and event bus; only the daemon behind it is a stand-in."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from curatord.config import Control
from curatord.control.api import make_app
from curatord.control.client import Client
from curatord.control.server import ControlServer
from curatord.control.socket import bind
from curatord.curate.pair import Refusal, Split
from curatord.daemon.events import Events
from curatord.daemon.gauge import Gauge
from curatord.daemon.status import Ordered, Preview, Reloaded, Status, Synced
from curatord.errors import NotFoundError
from curatord.paths import StateDirectory
from curatord.serve.adapters import Switch
from curatord.store import judging
from curatord.store.batch import batch
from curatord.store.database import Store
from curatord.store.queries import totals
from curatord.store.records import DroppedRecord
from tests.store.samples import document, pair, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from curatord.store.judgements import By, Edit, Verdict
    from curatord.store.judging import Outcome

SAMPLE = document(
    "cold-store.md",
    section(
        pair("How cold is the store?", "Four degrees.", rejected="Five degrees."),
        pair("What does the store keep?", "Seeds.", split=Split.TEST),
        dropped=(Refusal.LOW_SCORE,),
    ),
)


@dataclass
class TrainerStandIn:
    """A trainer that does nothing but remember what it was asked."""

    asked: list[Any] = field(default_factory=list)

    def now(self, base: str | None = None) -> Ordered:
        """Remember the base."""
        return self._answer(("now", base))

    def pause(self) -> Ordered:
        """Remember it."""
        return self._answer("pause")

    def resume(self) -> Ordered:
        """Remember it."""
        return self._answer("resume")

    def cancel(self) -> Ordered:
        """Refuse."""
        raise NotFoundError("There is no run in hand.", hint="See `curatord runs list`.")

    def preview(self) -> Preview:
        """Tell of a night without a run."""
        return Preview(action="wait", reasons=[], next_run=None, run=None, new_pairs=1, min_new_pairs=50, conditions=[])

    def _answer(self, order: object) -> Ordered:
        self.asked.append(order)
        return Ordered(run="20261123-023000-abcd", state="running", told="It trains.")


@dataclass
class StandIn:
    """A daemon that does nothing but remember what it was asked."""

    store_path: Path
    events: Events = field(default_factory=Events)
    gauge: Gauge = field(default_factory=lambda: Gauge("curatord.toml", state="ready"))
    asked: list[Any] = field(default_factory=list)
    reloaded: Reloaded = field(default_factory=lambda: Reloaded(applied=True))
    error: Exception | None = None
    sync_seconds: float = 0.0
    training: TrainerStandIn = field(default_factory=TrainerStandIn)

    @property
    def runs_path(self) -> Path:
        """Beside the store."""
        return self.store_path.with_name("runs")

    @property
    def adapters_path(self) -> Path:
        """Beside the store."""
        return self.store_path.with_name("adapters")

    def status(self) -> Status:
        """Tell the totals of the store, or fail as the test wants it."""
        if self.error is not None:
            raise self.error
        return self.gauge.status(0)

    def sync(self, *, wait: bool, timeout: float) -> Synced:
        """Take as long as the test wants it."""
        self.asked.append(("sync", wait, timeout))
        time.sleep(min(timeout, self.sync_seconds))
        return Synced(done=wait and self.sync_seconds <= timeout, generation=7)

    def refused(self, notes: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[DroppedRecord, ...]]:
        """Refuse one question in every note."""
        self.asked.append(("refused", notes))
        return {note: (DroppedRecord("low_score", "fitting 0.40", "Why?", "So.", 0.7, 3, 4),) for note in notes}

    def reload(self) -> Reloaded:
        """Answer as the test wants it."""
        return self.reloaded

    def confirm_deletions(self) -> list[str]:
        """Name a root."""
        return ["knowledge"]

    def judge(self, identity: str, verdict: Verdict, by: By, edit: Edit, *, whole_fact: bool) -> Outcome:
        """Write the store as the daemon would, without looking at the texts."""
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        with closing(Store.open(self.store_path)) as store:
            return judging.judge(store, 32, identity, judging.Said(verdict, by, at, edit, whole_fact))

    def take_back(self, identity: str, *, whole_fact: bool) -> Outcome:
        """Write the store as the daemon would."""
        with closing(Store.open(self.store_path)) as store:
            return judging.take_back(store, 32, identity, whole_fact=whole_fact)

    def promote(self, identity: str) -> Switch:
        """Remember it."""
        self.asked.append(("promote", identity))
        return Switch(time=datetime.now(UTC), adapter=identity, before="", reason="asked for")

    def roll_back(self) -> Switch:
        """Remember it."""
        self.asked.append("rollback")
        return Switch(time=datetime.now(UTC), adapter="", before="20260101-000000-0000", reason="asked for")

    def stop(self) -> None:
        """Remember it."""
        self.asked.append("stop")


@dataclass
class Serving:
    """A server in a thread of its own, its stand-in daemon, and a client."""

    state: StateDirectory
    service: StandIn
    client: Client
    thread: threading.Thread
    stop: Callable[[], None]

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Send a request of any kind; return status, decoded body and headers."""
        connection = http.client.HTTPConnection("curatord", timeout=10)
        connection.sock = self.connect()
        try:
            # A server with too many connections answers without reading.
            with suppress(BrokenPipeError):
                connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return response.status, orjson.loads(response.read()), dict(response.getheaders())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """Return a connection of one's own."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(10)
        connection.connect(str(self.state.socket))
        return connection


@contextmanager
def serving(directory: Path, settings: Control | None = None) -> Iterator[Serving]:
    """Serve a store with the sample document in it for the length of a block."""
    state = StateDirectory(directory / "state")
    state.create()
    service = StandIn(state.store)
    store = Store.open(state.store)
    with batch(store, 32) as changes:
        changes.put(SAMPLE)
    service.gauge.totals = totals(store.connection)
    server = ControlServer(make_app(service, settings or Control()), bind(state.socket))
    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=asyncio.run, args=(_serve(server, loops),))
    thread.start()
    client = Client(state, timeout=10)

    def stop() -> None:
        """Stop as the daemon does."""
        service.events.close()
        if thread.is_alive():
            loops[0].call_soon_threadsafe(server.stop)
        thread.join(10)

    try:
        _wait_until_answering(client)
        yield Serving(state, service, client, thread, stop)
    finally:
        stop()
        store.close()


async def _serve(server: ControlServer, loops: list[asyncio.AbstractEventLoop]) -> None:
    loops.append(asyncio.get_running_loop())
    await server.serve()


def _wait_until_answering(client: Client) -> None:
    deadline = time.monotonic() + 10
    while not client.is_answering():
        assert time.monotonic() < deadline
        time.sleep(0.01)
