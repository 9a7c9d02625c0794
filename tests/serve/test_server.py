"""The process that answers: the real mlx_lm.server on a tiny model, started, asked, and stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from curatord.errors import BusyError, CuratordError
from curatord.serve import __main__ as child
from curatord.serve.exchange import Upstream, exchange
from curatord.serve.front import Front
from curatord.serve.server import (
    CHAT,
    Command,
    Server,
    ServerBusyError,
    ServerError,
    Target,
    adapter_target,
    server_command,
)
from curatord.train.model_files import combined, file_digests
from tests.serve.world import ask, client, free_port, make_adapter

STANDIN = Path(__file__).with_name("standin_server.py")


def standin_command(*options: str) -> Command:
    """Return what makes the command of a stand-in with these options."""

    def command(_target: Target, port: int, *, check_memory: bool) -> tuple[str, ...]:  # noqa: ARG001  the signature
        return (sys.executable, str(STANDIN), "--port", str(port), *options)

    return command


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile nothing in the processes."""
    monkeypatch.setenv("MLX_DISABLE_COMPILE", "1")


def test_the_command_names_base_adapter_and_port() -> None:
    """All of it, so that nothing else decides what is served."""
    target = Target("base", Path("/models"), Path("/adapters/one"), "abc")

    command = server_command(target, 4711, check_memory=True)

    assert command[:3] == (sys.executable, "-m", "curatord.serve")
    assert " ".join(command[3:]) == (
        "--base base --models /models --adapter /adapters/one --sha256 abc --port 4711 --check-memory"
    )
    bare = server_command(Target("base", Path("/models")), 4711, check_memory=False)
    assert " ".join(bare[3:]) == "--base base --models /models --port 4711"


def test_an_adapter_is_served_on_the_base_it_was_made_for(tmp_path: Path) -> None:
    """Whatever the settings say meanwhile."""
    adapter = make_adapter(tmp_path / "one", Path("/some/base"), size=0.1)

    target = adapter_target(adapter, "another", tmp_path)

    assert (target.base, target.adapter, target.name) == ("/some/base", adapter, "one")
    assert adapter_target(None, "another", tmp_path) == Target("another", tmp_path)


def test_an_adapter_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(ServerError, match="cannot be read"):
        adapter_target(tmp_path, "base", tmp_path)


def arguments(base: Path, models: Path, **changes: object) -> argparse.Namespace:
    """Return the arguments of the process."""
    return argparse.Namespace(**{"base": str(base), "models": models, "sha256": "", "check_memory": True} | changes)


def test_a_base_that_has_changed_is_not_served_with_the_adapter(tiny: Path, tmp_path: Path) -> None:
    """Its answers would be nonsense."""
    right = combined(file_digests(tiny))
    assert child._model(arguments(tiny, tmp_path, sha256=right)) == tiny

    with pytest.raises(CuratordError, match="not the one the adapter was made for"):
        child._model(arguments(tiny, tmp_path, sha256="0" * 64))


def test_weights_that_do_not_fit_are_not_loaded(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the check is switched off."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))

    with pytest.raises(BusyError, match=r"takes \d+ MiB of memory, 0 MiB are free"):
        child._model(arguments(tiny, tmp_path))
    assert child._model(arguments(tiny, tmp_path, check_memory=False)) == tiny


def test_what_the_process_says_at_its_end_is_the_reason(tmp_path: Path) -> None:
    """75 is for memory, which may be there later."""

    async def refusal(*options: str) -> ServerError:
        server = await Server.start(Target("b", tmp_path), command=standin_command(*options))
        try:
            with pytest.raises(ServerError) as caught:
                await server.ready(20)
        finally:
            await server.stop()
        return caught.value

    failed = asyncio.run(refusal("--fail", "There is no base model."))
    busy = asyncio.run(refusal("--busy", "It takes 9000 MiB."))

    assert (type(failed), failed.message) == (ServerError, "There is no base model.")
    assert (type(busy), busy.message) == (ServerBusyError, "It takes 9000 MiB.")


def test_a_server_that_is_not_ready_in_time_is_given_up(tmp_path: Path) -> None:
    """With the time it had."""

    async def check() -> None:
        server = await Server.start(Target("b", tmp_path), command=standin_command("--slow", "60"))
        with pytest.raises(ServerError, match=r"within 0\.5 s"):
            await server.ready(0.5)
        await server.stop()
        assert not psutil.pid_exists(server.pid)

    asyncio.run(check())


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    """As an error of ours."""

    def command(_target: Target, port: int, *, check_memory: bool) -> tuple[str, ...]:  # noqa: ARG001  the signature
        return (str(tmp_path / "nothing"),)

    with pytest.raises(ServerError, match="cannot be started"):
        asyncio.run(Server.start(Target("b", tmp_path), command=command))


def test_the_process_does_not_outlive_the_daemon(tiny: Path, tmp_path: Path) -> None:
    """However that ends: its standard input ends with it."""
    command = server_command(Target(str(tiny), tmp_path), free_port(), check_memory=True)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.stdin is not None
    time.sleep(1)
    assert process.poll() is None

    process.stdin.close()

    assert process.wait(30) == 0


@pytest.mark.slow
def test_the_real_server_answers_with_the_adapter(tiny: Path, tmp_path: Path) -> None:
    """What it says is what mlx_lm says with that adapter, and not what the base says; a stopped one is gone."""
    adapter = make_adapter(tmp_path / "adapter", tiny, size=0.6)
    question = {"messages": [{"role": "user", "content": "What does flag 3 do?"}], "max_tokens": 12}

    async def reply(target: Target) -> str:
        server = await Server.start(target)
        try:
            await server.ready(100)
            async with exchange(server.port, "POST", CHAT, json.dumps(question).encode()) as answer:
                told = json.loads(b"".join([piece async for piece in answer.body()]))
        finally:
            await server.stop()
        assert not psutil.pid_exists(server.pid)
        return str(told["choices"][0]["message"]["content"])

    with_adapter = asyncio.run(reply(adapter_target(adapter, "", tmp_path)))
    alone = asyncio.run(reply(Target(str(tiny), tmp_path)))

    assert with_adapter == generated(tiny, adapter, question["messages"], 12)
    assert alone == generated(tiny, None, question["messages"], 12)
    assert with_adapter != alone


def generated(base: Path, adapter: Path | None, messages: object, most: int) -> str:
    """Return mlx_lm's own greedy reply."""
    import mlx_lm  # noqa: PLC0415  only this test needs it

    model, tokenizer = mlx_lm.load(str(base), adapter_path=str(adapter) if adapter else None)
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True)
    return str(mlx_lm.generate(model, tokenizer, prompt, max_tokens=most))


@pytest.mark.slow
def test_no_request_fails_while_real_servers_are_swapped(tiny: Path, tmp_path: Path) -> None:
    """The openai client asks in a loop, streaming and not; one adapter takes over from another, and that from it."""
    targets = [
        adapter_target(make_adapter(tmp_path / name, tiny, size=0.6, seed=seed), "", tmp_path)
        for seed, name in enumerate(("first", "second", "third"))
    ]

    async def keep_asking(front: Front, done: asyncio.Event, *, stream: bool) -> list[str]:
        async with client(front.url) as asker:
            replies = []
            while not done.is_set():
                replies.append(await ask(asker, "What does flag 3 do?", stream=stream, most=24))
        return replies

    async def check() -> dict[str, int]:
        front, done = Front(free_port(), lambda: None), asyncio.Event()
        await front.listen()
        asking = [asyncio.create_task(keep_asking(front, done, stream=stream)) for stream in (False, True)]
        before: tuple[Server, Upstream] | None = None
        for target in targets:
            server = await Server.start(target)
            await server.ready(100)
            upstream = Upstream(server.port, target.name)
            front.use(upstream)
            if before is not None:
                assert await before[1].drained(60)
                await before[0].stop()
            before = server, upstream
            await asyncio.sleep(1)
        done.set()
        replies = [reply for replies in await asyncio.gather(*asking) for reply in replies]
        assert before is not None
        await before[0].stop()
        await front.close(1)
        return {reply: replies.count(reply) for reply in replies}

    counted = asyncio.run(check())

    messages = [{"role": "user", "content": "What does flag 3 do?"}]
    expected = {generated(tiny, target.adapter, messages, 24) for target in targets}
    assert len(expected) == 3
    assert set(counted) == expected
