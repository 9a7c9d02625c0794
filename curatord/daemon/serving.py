"""The daemon's side of serving: one thread that keeps a server with the adapter in service behind the front.

A new server is started beside the old one, takes over when it has answered once, and the old one ends when its last
request is done. Where memory does not hold both, requests wait while one follows the other.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from curatord.daemon.in_service import InService, Retries, free_memory, target_in_service
from curatord.daemon.status import ServingStatus
from curatord.errors import CuratordError
from curatord.log import get_logger
from curatord.serve.exchange import Upstream
from curatord.serve.server import Server, ServerBusyError, ServerError, server_command

if TYPE_CHECKING:
    import queue
    from collections.abc import Callable, Coroutine

    from curatord.config import Settings
    from curatord.daemon.events import Event, Events
    from curatord.daemon.gauge import Gauge
    from curatord.paths import StateDirectory
    from curatord.serve.front import Front
    from curatord.serve.server import Command, Target

SECONDS_TO_DRAIN = 120.0  # for requests in hand when another server takes over, or a run begins
SECONDS_TO_STOP = 2.0  # for them when the daemon stops
SECONDS_BETWEEN_LOOKS = 30.0  # at what is short: memory, the port
SECONDS_TO_TRUST = 60.0  # a server that ends sooner is likely to do so again
_SECONDS_TO_END = 0.5  # until the end of a process is known whose connections broke
_MEBIBYTE = 1 << 20
_RUN_GOES = frozenset({"run_started"})
_RUN_RESTS = frozenset({"run_rests", "run_crashed", "run_done", "run_failed", "run_cancelled"})
_SWITCHES = frozenset({"promoted", "rolled_back"})

log = get_logger("serving")


class ServingThread:
    """Serves for a daemon, when `[serve]` says so.

    What it does stands in the gauge. It learns from the events that a run is going, and that another adapter is in
    service. Every method may be called from any thread.
    """

    def __init__(
        self,
        state: StateDirectory,
        settings: Settings,
        gauge: Gauge,
        events: Events,
        *,
        command: Command = server_command,
        memory: Callable[[], int] = free_memory,
    ) -> None:
        """Prepare; `start` begins. `memory` tells the bytes that are available."""
        self._state = state
        self._settings = settings
        self._gauge = gauge
        self._events = events
        self._command = command
        self._memory = memory
        self._front: Front | None = None
        self._in_service: InService | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._run_goes = False
        self._retries = Retries()
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self._listener: queue.Queue[Event | None] | None = None
        self._listening = threading.Thread(target=self._listen, name="serving-events", daemon=True)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="serving", daemon=True)

    def start(self) -> None:
        """Begin to serve, as far as the settings ask for it."""
        self._listening.start()
        self._thread.start()

    def begin_to_stop(self) -> None:
        """Have requests in hand finish, and the thread end."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.put(None)
        self.nudge()

    def stop(self) -> None:
        """Wait until the thread and the server have ended."""
        self.begin_to_stop()
        for thread in (self._listening, self._thread):
            if thread.is_alive():
                thread.join(SECONDS_TO_STOP + 15)

    def use(self, settings: Settings) -> None:
        """Work by other settings from now on."""
        self._settings = settings
        self._retries.now()
        self.nudge()

    def promoted(self) -> None:
        """Look at which adapter is in service: it may be another one."""
        self.nudge()

    def nudge(self) -> None:
        """Think again, soon."""
        loop, news = self._loop, self._news
        if loop is not None and news is not None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(news.set)

    # --- what happens elsewhere -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        with self._events.listen(after=0) as listener:
            self._listener = listener
            while not self._stopping.is_set() and (event := listener.get()) is not None:
                if event.event in _RUN_GOES | _RUN_RESTS:
                    self._run_goes = event.event in _RUN_GOES
                if event.event in _RUN_GOES | _RUN_RESTS | _SWITCHES:
                    self.nudge()

    # --- the thread -------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        while not self._stopping.is_set():
            self._news.clear()
            try:
                delay = await self._advance()
            except Exception as error:  # whatever it was, the daemon goes on and says so
                log.exception("serving_failed", error=str(error))
                self._show("held", str(error))
                delay = SECONDS_BETWEEN_LOOKS
            await self._wait(delay)
        await self._close("off")

    async def _wait(self, seconds: float | None) -> None:
        assert self._news is not None
        if not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)

    async def _advance(self) -> float | None:
        """Do what is due; return in how many seconds to look again, None for not before there is news."""
        serve = self._settings.serve
        if not serve.enabled:
            await self._close("off")
            return None
        await self._bury()
        try:
            await self._open(serve.port)
            if self._must_pause():
                await self._retire("The model makes room for training.")
                self._show("paused", "a run is going (pause_for_training)")
                return None
            return await self._serve(target_in_service(self._state, self._settings.training))
        except ServerBusyError as error:
            return await self._make_room(error)
        except CuratordError as error:
            return self._hold(str(error))

    async def _open(self, port: int) -> None:
        """Listen on the port; a front on another one is closed first."""
        if self._front is not None and self._front.port != port:
            await self._close("starting")
        if self._front is None:
            from curatord.serve.front import Front  # noqa: PLC0415  the web framework takes a while to import

            front = Front(port, self.nudge)
            await front.listen()
            self._front = front
            log.info("listening", url=front.url)

    def _must_pause(self) -> bool:
        return self._run_goes and self._settings.serve.pause_for_training

    async def _serve(self, target: Target) -> float | None:
        """See to it that the target answers."""
        if self._in_service is not None and self._in_service.target == target:
            self._show("serving")
            return None
        if self._retries.must_wait(target):
            return self._hold(self._retries.why)
        self._check_memory()
        self._show("starting", f"{target.name} is being loaded")
        server = await Server.start(target, check_memory=self._checks_memory, command=self._command)
        try:
            if not await self._is_ready(server, target):
                return 0.0
            self._switch(InService(target, server, Upstream(server.port, target.name), monotonic()))
        except ServerBusyError:
            raise
        except ServerError as error:
            self._retries.failed(target, f"{target.name} does not come into service: {error}")
            return self._hold(self._retries.why)
        finally:
            if self._in_service is None or self._in_service.server is not server:
                await server.stop()
        return None

    async def _is_ready(self, server: Server, target: Target) -> bool:
        """Wait until the server is ready; return False where something else is wanted meanwhile."""
        assert self._news is not None
        starting = asyncio.create_task(server.ready())
        try:
            while not starting.done():
                self._news.clear()
                if not self._is_wanted(target):
                    return False
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({starting, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
            await starting
        finally:
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
        return True

    def _is_wanted(self, target: Target) -> bool:
        serve = self._settings.serve
        if self._stopping.is_set() or not serve.enabled or self._must_pause():
            return False
        try:
            return (
                self._front is not None
                and serve.port == self._front.port
                and target_in_service(self._state, self._settings.training) == target
            )
        except CuratordError:
            return False

    def _switch(self, new: InService) -> None:
        """Hand requests to the new server, and end the old one when it has done its last."""
        assert self._front is not None
        old, self._in_service = self._in_service, new
        self._front.use(new.upstream)
        self._show("serving")
        log.info("serving", model=new.target.name, pid=new.server.pid, before=old.target.name if old else None)
        self._in_background(self._watch(new))
        if old is not None:
            self._in_background(old.end(SECONDS_TO_DRAIN, self._stopping))

    # --- what stands in the way -------------------------------------------------------------------------------------

    @property
    def _checks_memory(self) -> bool:
        return self._settings.serve.min_free_memory_mb > 0

    def _check_memory(self) -> None:
        needed, free = self._settings.serve.min_free_memory_mb, self._memory() // _MEBIBYTE
        if free < needed:
            raise ServerBusyError(f"{free} MiB of memory are free, it takes {needed} (min_free_memory_mb)")

    async def _make_room(self, error: ServerBusyError) -> float:
        """Let the server in service go first, where both do not fit; else wait for memory."""
        if self._in_service is None:
            return self._hold(error.message)
        log.info("making_room", reason=error.message)
        await self._retire(None)
        return 0.0

    def _hold(self, reason: str) -> float:
        """Tell what keeps the target from answering; a server in service goes on. Return when to look again."""
        if self._gauge.serving.reason != reason:
            log.warning("serving_held", reason=reason)
        if self._front is not None and self._in_service is None:
            self._front.withdraw(reason)
        self._show("held", reason)
        return self._retries.seconds_left or SECONDS_BETWEEN_LOOKS

    async def _bury(self) -> None:
        """Take a server out of service that ended by itself or does not answer; requests wait for the next one."""
        dead, front = self._in_service, self._front
        if dead is None or front is None or (dead.server.is_running and front.current is dead.upstream):
            return
        self._in_service = None
        front.withdraw()
        how = "it does not answer"
        with suppress(TimeoutError):
            how = await asyncio.wait_for(dead.server.ended(), _SECONDS_TO_END)
        await dead.server.stop()
        log.warning("server_died", model=dead.target.name, reason=how)
        if monotonic() - dead.since >= SECONDS_TO_TRUST:
            self._retries = Retries()
        self._retries.failed(dead.target, f"{dead.target.name} went out of service: {how}", at_once=True)

    async def _watch(self, one: InService) -> None:
        await one.server.ended()
        self.nudge()

    # --- the end ----------------------------------------------------------------------------------------------------

    async def _retire(self, reason: str | None) -> None:
        """Take the server out of service; requests are refused with the reason, or wait where there is none."""
        if self._front is not None:
            self._front.withdraw(reason)
        if self._in_service is not None:
            old, self._in_service = self._in_service, None
            await old.end(SECONDS_TO_DRAIN, self._stopping)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _close(self, state: str) -> None:
        """Take everything down."""
        if self._front is not None:
            await self._front.close(SECONDS_TO_STOP)
            self._front = None
        if self._in_service is not None:
            old, self._in_service = self._in_service, None
            await old.server.stop()
        await asyncio.gather(*self._background)
        self._show(state)

    def _show(self, state: str, reason: str | None = None) -> None:
        here = self._in_service
        self._gauge.serving = ServingStatus(
            state=state,
            url=self._front.url if self._front is not None else None,
            model=here.target.name if here is not None else None,
            adapter=here.target.adapter.name if here is not None and here.target.adapter is not None else None,
            pid=here.server.pid if here is not None else None,
            reason=reason,
        )
