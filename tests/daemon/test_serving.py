"""The daemon keeps a server up: started, switched, restarted, held with the reason, and taken down."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from curatord.config import Settings
from curatord.daemon.events import Events
from curatord.daemon.gauge import Gauge
from curatord.daemon.in_service import free_memory
from curatord.daemon.serving import ServingThread
from curatord.paths import StateDirectory
from curatord.serve.server import server_command
from tests.daemon.training_world import wait_until
from tests.serve.world import ask, client, free_port, make_adapter, make_tiny

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curatord.daemon.status import ServingStatus
    from curatord.serve.server import Command, Target

STANDIN = Path(__file__).parents[1] / "serve" / "standin_server.py"
MEBIBYTE = 1 << 20


@dataclass
class Desk:
    """A serving thread and all that is around it."""

    state: StateDirectory
    port: int
    gauge: Gauge = field(default_factory=lambda: Gauge("curatord.toml"))
    events: Events = field(default_factory=Events)
    free: int = 64 << 30
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    serve: dict[str, Any] = field(default_factory=dict)
    thread: ServingThread = field(init=False)

    def settings(self, **changes: Any) -> Settings:  # noqa: ANN401  as TOML has it
        """Return settings with `[serve]` as asked for."""
        serve = {"enabled": True, "port": self.port, **self.serve, **changes}
        return Settings.model_validate(
            {"serve": serve, "training": {"base": "the-base", "models": str(self.state.path)}}
        )

    def command(self, target: Target, port: int, /, *, check_memory: bool) -> tuple[str, ...]:  # noqa: ARG002  the protocol's
        """Return a stand-in that has the target's name, with options kept for it."""
        self.started.append(target.name)
        options = self.options.get(target.name, ())
        return (sys.executable, str(STANDIN), "--port", str(port), "--name", target.name, *options)

    def promote(self, name: str | None, *, tell: bool = True) -> None:
        """Put an adapter into service, as the exam does."""
        draft = self.state.path / "current.tmp"
        if name is None:
            self.state.current.unlink()
        else:
            if not (self.state.adapters / name).exists():
                make_adapter(self.state.adapters / name, Path("the-base"), size=0.1)
            draft.symlink_to(Path("adapters") / name)
            draft.replace(self.state.current)
        if tell:
            self.events.publish("promoted", adapter=name)

    @property
    def told(self) -> ServingStatus:
        """What the status says."""
        return self.gauge.serving

    def until(self, state: str, model: str | None = None) -> None:
        """Wait for a state, and for what answers in it."""
        wait_until(lambda: (self.told.state, model) in {(state, None), (state, self.told.model)}, f"{state} {model}")

    def ask(self, text: str = "hello") -> str:
        """Return a reply, as the real client gets it."""

        async def asked() -> str:
            async with client(f"http://127.0.0.1:{self.port}/v1") as asker:
                return await ask(asker, text)

        return asyncio.run(asked())


@contextmanager
def desk(tmp_path: Path, *, command: Command | None = None, **around: Any) -> Iterator[Desk]:  # noqa: ANN401  see above
    """Run a serving thread."""
    at = Desk(StateDirectory(tmp_path / "state"), free_port(), **around)
    at.state.create()
    at.thread = ServingThread(
        at.state, at.settings(), at.gauge, at.events, command=command or at.command, memory=lambda: at.free
    )
    at.thread.start()
    try:
        yield at
    finally:
        at.thread.stop()
    assert at.told.state == "off"
    assert not any("standin_server" in " ".join(child.cmdline()) for child in psutil.Process().children())


@contextmanager
def asking(at: Desk, *, streams: tuple[bool, ...] = (False, True)) -> Iterator[Callable[[], int]]:
    """Ask all the while, in a loop for each of `streams`, and raise what fails; the client tries nothing again."""
    replies: list[str] = []
    done = threading.Event()

    async def loop(*, stream: bool) -> None:
        async with client(f"http://127.0.0.1:{at.port}/v1") as asker:
            while not done.is_set():
                replies.append(await ask(asker, "wait 0.02", stream=stream))

    async def loops() -> None:
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(loop(stream=stream))

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(asyncio.run, loops())
        try:
            yield lambda: len(replies)
        finally:
            done.set()
            asked.result(60)


def until_more(count: Callable[[], int]) -> None:
    """Wait until some more requests were answered."""
    before = count()
    wait_until(lambda: count() > before + 4)


def until_another(at: Desk, pid: int | None) -> None:
    """Wait until this process does not serve any more."""
    wait_until(lambda: at.told.pid != pid)


def test_switched_off_it_does_nothing(tmp_path: Path) -> None:
    """No process, no port."""
    with desk(tmp_path, serve={"enabled": False}) as at:
        at.events.publish("promoted")
        at.until("off")
        assert (at.started, at.told.url) == ([], None)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", at.port))


def test_without_an_adapter_the_base_answers(tmp_path: Path) -> None:
    """And the status tells where."""
    with desk(tmp_path) as at:
        at.until("serving")
        assert at.ask() == "the-base heard hello"
        assert (at.told.url, at.told.model, at.told.adapter) == (f"http://127.0.0.1:{at.port}/v1", "the-base", None)


def test_the_adapter_in_service_answers(tmp_path: Path) -> None:
    """The one that the link names."""
    state = StateDirectory(tmp_path / "state")
    state.create()
    make_adapter(state.adapters / "one", Path("its-base"), size=0.1)
    state.current.symlink_to("adapters/one")
    with desk(tmp_path) as at:
        at.until("serving")
        assert at.ask() == "one heard hello"
        assert (at.told.adapter, at.told.reason) == ("one", None)


def test_a_promotion_switches_and_no_request_fails(tmp_path: Path) -> None:
    """From adapter to adapter and back to the base, asked all the while."""
    with desk(tmp_path) as at:
        at.until("serving")
        with asking(at) as count:
            for name in ("one", "two", None):
                at.promote(name)
                at.until("serving", name or "the-base")
                until_more(count)
        assert at.started == ["the-base", "one", "two", "the-base"]


def test_it_looks_at_once_when_it_is_told_so(tmp_path: Path) -> None:
    """`promoted` is for those that publish no event."""
    with desk(tmp_path) as at:
        at.until("serving")
        at.promote("one", tell=False)
        at.thread.promoted()
        at.until("serving", "one")


def test_a_server_that_dies_is_started_again_and_no_request_fails(tmp_path: Path) -> None:
    """At once, the first time; what was asked meanwhile waits. Only a stream that had begun cannot be saved."""
    with desk(tmp_path) as at:
        at.until("serving")
        with asking(at, streams=(False, False)) as count:
            until_more(count)
            pid = at.told.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until_another(at, pid)
            until_more(count)
        assert at.started == ["the-base", "the-base"]


def test_a_server_that_lives_and_does_not_answer_is_replaced(tmp_path: Path) -> None:
    """mlx_lm's process outlives the thread that computes."""
    with desk(tmp_path) as at:
        at.until("serving")
        pid = at.told.pid
        assert at.ask("sicken") == "the-base heard sicken"
        assert at.ask() == "the-base heard hello", "it waits for the next one"
        assert at.told.pid != pid


def test_a_server_that_dies_again_and_again_is_started_ever_more_seldom(tmp_path: Path) -> None:
    """And the status says why nobody answers."""
    with desk(tmp_path) as at:
        for _ in range(2):
            at.until("serving")
            assert at.told.pid is not None
            os.kill(at.told.pid, signal.SIGKILL)
            until_another(at, at.told.pid)
        at.until("held")
        assert at.told.reason == "the-base went out of service: ended by signal 9"
        assert len(at.started) == 2
        assert 5 < at.thread._retries.seconds_left <= 10


def test_an_adapter_that_cannot_be_loaded_leaves_the_one_before_in_service(tmp_path: Path) -> None:
    """With the reason in the status, and no retry in a tight loop; the next promotion is tried at once."""
    with desk(tmp_path, options={"bad": ("--fail", "Its weights are damaged.")}) as at:
        at.until("serving")
        at.promote("bad")
        at.until("held")
        assert at.told.reason == "bad does not come into service: Its weights are damaged."
        assert at.ask() == "the-base heard hello"
        assert at.told.model == "the-base"
        assert at.started.count("bad") == 1
        at.promote("good")
        at.until("serving", "good")


def test_an_adapter_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The link may point at what somebody deleted."""
    with desk(tmp_path) as at:
        at.until("serving")
        at.state.current.symlink_to("adapters/gone")
        at.thread.promoted()
        at.until("held")
        assert at.told.reason is not None
        assert "adapters/gone, is not there" in at.told.reason
        assert at.ask() == "the-base heard hello"


def test_too_little_memory_holds_it_and_the_status_says_so(tmp_path: Path) -> None:
    """Until there is enough."""
    with desk(tmp_path, free=1000 * MEBIBYTE, serve={"min_free_memory_mb": 1024}) as at:
        at.until("held")
        assert at.told.reason == "1000 MiB of memory are free, it takes 1024 (min_free_memory_mb)"
        assert at.started == []
        with pytest.raises(Exception, match="1000 MiB of memory are free"):
            at.ask()
        at.free = 2000 * MEBIBYTE
        at.thread.nudge()
        at.until("serving")


def test_a_model_larger_than_the_memory_holds_it(tmp_path: Path) -> None:
    """The process knows how large it is, and says so."""
    with desk(tmp_path, options={"the-base": ("--busy", "It takes 9000 MiB.")}) as at:
        at.until("held")
        assert at.told.reason == "It takes 9000 MiB."


def test_where_memory_does_not_hold_both_one_follows_the_other_and_no_request_fails(tmp_path: Path) -> None:
    """Requests wait meanwhile."""
    with desk(tmp_path, serve={"min_free_memory_mb": 1024}) as at:
        at.until("serving")
        pid = at.told.pid
        assert pid is not None
        at.thread._memory = lambda: 0 if psutil.pid_exists(pid) else 64 << 30
        with asking(at) as count:
            at.promote("one")
            at.until("serving", "one")
            until_more(count)


def test_it_makes_room_for_a_run_and_comes_back(tmp_path: Path) -> None:
    """Requests are told why."""
    with desk(tmp_path) as at:
        at.until("serving")
        at.events.publish("run_started", run="one")
        at.until("paused")
        assert (at.told.reason, at.told.pid) == ("a run is going (pause_for_training)", None)
        with pytest.raises(Exception, match="makes room for training"):
            at.ask()
        at.events.publish("run_done", run="one")
        at.until("serving")
        assert at.ask() == "the-base heard hello"


def test_a_run_that_begins_while_it_loads_stops_the_loading(tmp_path: Path) -> None:
    """Memory is wanted elsewhere."""
    with desk(tmp_path, options={"the-base": ("--slow", "60")}) as at:
        at.until("starting")
        at.events.publish("run_started", run="one")
        at.until("paused")


def test_it_goes_on_beside_a_run_if_it_is_to(tmp_path: Path) -> None:
    """`pause_for_training = false`."""
    with desk(tmp_path, serve={"pause_for_training": False}) as at:
        at.until("serving")
        at.events.publish("run_started", run="one")
        at.promote("one")
        at.until("serving", "one")


def test_a_promotion_while_another_is_loaded_wins(tmp_path: Path) -> None:
    """The one that loads is given up."""
    with desk(tmp_path, options={"slow": ("--slow", "60")}) as at:
        at.until("serving")
        at.promote("slow")
        at.until("starting")
        at.promote("one")
        at.until("serving", "one")


def test_a_port_that_is_taken_is_told_and_another_one_is_used(tmp_path: Path) -> None:
    """As soon as the settings name it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with desk(tmp_path, serve={"port": port}) as at:
            at.until("held")
            assert at.told.reason is not None
            assert f"Port {port} of 127.0.0.1 cannot be used" in at.told.reason
            assert at.told.url is None
            at.thread.use(at.settings(port=at.port))
            at.until("serving")
            assert at.ask() == "the-base heard hello"


def test_it_can_be_switched_off_and_on(tmp_path: Path) -> None:
    """By reloading the configuration."""
    with desk(tmp_path) as at:
        at.until("serving")
        at.thread.use(at.settings(enabled=False))
        at.until("off")
        assert at.told.url is None
        at.thread.use(at.settings())
        at.until("serving")


def test_it_stops_while_it_loads(tmp_path: Path) -> None:
    """Within seconds; the process is gone."""
    with desk(tmp_path, options={"the-base": ("--slow", "60")}) as at:
        at.until("starting")


def test_requests_in_hand_get_a_moment_when_the_daemon_stops(tmp_path: Path) -> None:
    """Not more than two seconds."""
    with desk(tmp_path) as at:
        at.until("serving")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(at.ask, "wait 0.8")
            wait_until(lambda: at.thread._in_service is not None and bool(at.thread._in_service.upstream._in_hand))
            at.thread.stop()
            assert asked.result(10) == "the-base heard wait"


def test_memory_is_that_of_this_machine() -> None:
    """In bytes."""
    assert MEBIBYTE < free_memory() <= psutil.virtual_memory().total


@pytest.mark.slow
def test_real_servers_are_switched_under_the_real_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """mlx_lm.server with a tiny model: an adapter is promoted, the process is killed, and every request is answered."""
    monkeypatch.setenv("MLX_DISABLE_COMPILE", "1")
    base = make_tiny(tmp_path / "tiny")
    with desk(tmp_path, command=server_command, serve={"enabled": False}) as at:
        for seed, name in enumerate(("one", "two")):
            make_adapter(at.state.adapters / name, base, size=0.6, seed=seed)
        at.promote("one", tell=False)
        at.thread.use(at.settings(enabled=True))
        at.until("serving", "one")
        with asking(at) as count:
            at.promote("two")
            at.until("serving", "two")
            until_more(count)
        with asking(at, streams=(False, False)) as count:
            until_more(count)
            pid = at.told.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until_another(at, pid)
            until_more(count)
