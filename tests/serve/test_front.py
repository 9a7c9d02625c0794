"""The front: requests are handed on whole, to the right server, and to nobody else's profit."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import openai
import pytest

from curatord.errors import AccessError
from curatord.serve import front as front_module
from curatord.serve.exchange import Upstream
from curatord.serve.front import Front
from tests.serve.world import Scene, ask, client, free_port, pieces, raw, scene, standin, until

if TYPE_CHECKING:
    from tests.serve.standin_server import Standin

BODY = json.dumps({"messages": [{"role": "user", "content": "hello"}]})


def request(port: int, *headers: str, body: str = BODY, host: str = "") -> str:
    """Return a request for a completion as it goes over the wire."""
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        f"Host: {host or f'127.0.0.1:{port}'}",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def test_a_request_is_answered_by_the_server_in_service() -> None:
    """As the real client asks and reads."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                here.use(one)
                assert await ask(asker) == "one heard hello"

    asyncio.run(check())


def test_the_model_asked_for_is_the_one_in_service() -> None:
    """By its own name mlx_lm would load another model; an adapter or a draft model neither."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                asked = {"model": "evil/model", "adapters": "/tmp/x", "draft_model": "y", "temperature": 0.5}
                told = await raw(here.front.port, request(here.front.port, body=json.dumps(json.loads(BODY) | asked)))
                assert told.startswith("HTTP/1.1 200")
                assert one.asked == [json.loads(BODY) | {"model": "default_model", "temperature": 0.5}]

    asyncio.run(check())


def test_a_stream_comes_as_it_is_made() -> None:
    """The first piece is there long before the last."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                here.use(one)
                clock = asyncio.get_running_loop().time
                times = [clock() async for _ in pieces(asker, "wait 0.2")]
                assert len(times) == 4
                assert times[-1] - times[0] > 0.4

    asyncio.run(check())


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        (("Origin: http://evil.example",), ""),
        (("Origin: null",), ""),
        (("Referer: http://evil.example/page",), ""),
        (("Sec-Fetch-Site: cross-site",), ""),
        ((), "evil.example"),
        ((), "evil.example:{port}"),
        ((), "127.0.0.1:1"),
        ((), "127.0.0.1"),
    ],
)
def test_pages_and_other_host_names_are_refused(headers: tuple[str, ...], host: str) -> None:
    """What a browser sends for a page, and a name that was made to point here (DNS rebinding)."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                port = here.front.port
                told = await raw(port, request(port, *headers, host=host.format(port=port)))
                assert told.startswith("HTTP/1.1 403")
                assert one.asked == []

    asyncio.run(check())


def test_localhost_is_a_name_of_this_machine() -> None:
    """With its port."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                told = await raw(here.front.port, request(here.front.port, host=f"localhost:{here.front.port}"))
                assert told.startswith("HTTP/1.1 200")

    asyncio.run(check())


def test_no_page_is_allowed_to_read_a_reply() -> None:
    """What mlx_lm says of origins is not passed on."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                told = await raw(here.front.port, request(here.front.port))
                assert "access-control" not in told.lower()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("{", 400, "no JSON"),
        ("[1]", 400, "no JSON object"),
        (
            json.dumps({"messages": [{"content": [{"type": "image_url", "image_url": {"url": "http://a/b"}}]}]}),
            400,
            "text",
        ),
        (json.dumps({"messages": [{"content": 7}]}), 400, "text"),
        (json.dumps({"messages": "x" * 9_000_000}), 413, "over"),
    ],
)
def test_requests_that_no_model_should_see_are_refused(body: str, status: int, told: str) -> None:
    """An image's address above all: mlx_lm would fetch it from the network."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                reply = await raw(here.front.port, request(here.front.port, body=body))
                assert reply.startswith(f"HTTP/1.1 {status}")
                assert told in reply
                assert one.asked == []

    asyncio.run(check())


def test_text_in_parts_is_text() -> None:
    """Clients may send it so."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                here.use(one)
                body = json.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]})
                told = await raw(here.front.port, request(here.front.port, body=body))
                assert told.startswith("HTTP/1.1 200")

    asyncio.run(check())


def test_the_models_are_the_one_in_service() -> None:
    """By the name of its adapter; none while none is there."""

    async def check() -> None:
        with standin("20260101-000000-abcd") as one:
            async with scene() as here, client(here.front.url) as asker:
                assert [model.id async for model in asker.models.list()] == []
                here.use(one)
                assert [model.id async for model in asker.models.list()] == ["20260101-000000-abcd"]
                assert (await asker.models.retrieve("20260101-000000-abcd")).owned_by == "curatord"
                with pytest.raises(openai.NotFoundError):
                    await asker.models.retrieve("another")

    asyncio.run(check())


def test_what_is_not_there_is_not_found() -> None:
    """Nothing else of mlx_lm's is reached."""

    async def check() -> None:
        async with scene() as here:
            told = await raw(
                here.front.port, f"GET /docs HTTP/1.1\r\nHost: 127.0.0.1:{here.front.port}\r\nConnection: close\r\n\r\n"
            )
            assert told.startswith("HTTP/1.1 404")

    asyncio.run(check())


def has_asked(server: Standin, times: int) -> bool:
    """Tell whether a stand-in was asked so often."""
    return len(server.asked) >= times


async def keep_asking(here: Scene, done: asyncio.Event, *, stream: bool, orders: tuple[str, ...]) -> list[str]:
    """Ask until told to stop; a failure is raised."""
    replies: list[str] = []
    async with client(here.front.url) as asker:
        while not done.is_set():
            replies += [await ask(asker, order, stream=stream) for order in orders]
    return replies


def test_no_request_fails_while_servers_are_swapped() -> None:
    """The real client asks in several loops, streaming too; each old server ends once it is drained."""

    async def check() -> None:
        async with scene() as here:
            done = asyncio.Event()
            orders = ("hello", "wait 0.02")
            asking = [
                asyncio.create_task(keep_asking(here, done, stream=stream, orders=orders))
                for stream in (False, True, False, True)
            ]
            with ExitStack() as last:
                before: Upstream | None = None
                for number in range(12):
                    following = ExitStack()
                    server = following.enter_context(standin(f"server-{number}"))
                    upstream = here.use(server)
                    if before is not None:
                        assert await before.drained(10)
                        last.close()
                    last.push(following)
                    before = upstream
                    await until(partial(has_asked, server, 8))
                done.set()
                replies = [reply for replies in await asyncio.gather(*asking) for reply in replies]
            assert {reply.split()[0] for reply in replies} == {f"server-{number}" for number in range(12)}
            assert here.troubles == []

    asyncio.run(check())


def test_a_request_in_hand_stays_with_its_server() -> None:
    """The switch does not touch it, and draining waits for it."""

    async def check() -> None:
        with standin("old") as old, standin("new") as new:
            async with scene() as here, client(here.front.url) as asker:
                first = here.use(old)
                waiting = asyncio.create_task(ask(asker, "wait 0.5"))
                await asyncio.sleep(0.2)
                here.use(new)
                assert not await first.drained(0.05)
                assert await ask(asker) == "new heard hello"
                assert await first.drained(5)
                assert await waiting == "old heard wait"

    asyncio.run(check())


@pytest.mark.parametrize("fault", ["hang up", "not found"])
def test_a_request_whose_server_dies_is_answered_by_the_next_one(fault: str) -> None:
    """Nothing was said yet, so it can be asked again; the daemon is told."""

    async def check() -> None:
        with standin("old") as old, standin("new") as new:
            async with scene() as here, client(here.front.url) as asker:
                here.use(old)
                old.well, old.fault = False, fault
                waiting = asyncio.create_task(ask(asker))
                await until(lambda: here.troubles)
                assert here.front.current is None
                here.use(new)
                assert await waiting == "new heard hello"

    asyncio.run(check())


def test_a_request_that_ends_two_servers_is_not_tried_on_a_third() -> None:
    """It may be what ends them."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                here.use(one)
                one.fault = "hang up"
                with pytest.raises(openai.InternalServerError) as caught:
                    await ask(asker)
                assert caught.value.status_code == 502
                assert len(one.asked) == 2
                assert here.troubles == [], "it says that it is well"

    asyncio.run(check())


def test_what_a_server_refuses_is_refused() -> None:
    """With its own words: it is well, and it is the request that is wrong."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                here.use(one)
                one.fault = "not found"
                with pytest.raises(openai.NotFoundError) as caught:
                    await ask(asker)
                assert caught.value.response.json() == {"error": "generation thread died"}

    asyncio.run(check())


def test_a_request_waits_for_a_server_that_is_on_its_way() -> None:
    """And is answered as soon as it is there."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                waiting = asyncio.create_task(ask(asker))
                await asyncio.sleep(0.2)
                here.use(one)
                assert await waiting == "one heard hello"

    asyncio.run(check())


def test_a_request_is_not_refused_where_a_server_is_withdrawn_as_it_wakes() -> None:
    """Between the moment that a server is there and the moment that a waiting request goes on, it may die."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                waiting = asyncio.create_task(ask(asker))
                await asyncio.sleep(0.3)
                here.use(one)
                here.front.withdraw()
                await asyncio.sleep(0.1)
                assert not waiting.done()
                here.use(one)
                assert await waiting == "one heard hello"

    asyncio.run(check())


def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute it is refused."""
    monkeypatch.setattr(front_module, "SECONDS_TO_WAIT", 0.1)

    async def check() -> None:
        async with scene() as here, client(here.front.url) as asker:
            with pytest.raises(openai.InternalServerError, match="still being loaded"):
                await ask(asker)

    asyncio.run(check())


def test_where_there_is_no_server_for_a_reason_the_reason_is_told() -> None:
    """At once, with 503; also to a request that waits already."""

    async def check() -> None:
        async with scene() as here, client(here.front.url) as asker:
            waiting = asyncio.create_task(ask(asker))
            await asyncio.sleep(0.1)
            here.front.withdraw("The model makes room for training.")
            for one in (waiting, asyncio.create_task(ask(asker))):
                with pytest.raises(openai.InternalServerError, match="makes room for training") as caught:
                    await one
                assert caught.value.status_code == 503
            told = await raw(here.front.port, request(here.front.port))
            assert "retry-after" in told.lower()

    asyncio.run(check())


def test_a_stream_that_breaks_off_is_not_ended_as_if_it_were_whole() -> None:
    """HTTP/1.0 ends a stream as it ends a broken one; its last words tell the difference."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here, client(here.front.url) as asker:
                here.use(one)
                with pytest.raises(openai.APIConnectionError):
                    await ask(asker, "break off", stream=True)

    asyncio.run(check())


def test_a_client_that_leaves_ends_its_request() -> None:
    """The server is hung up on, which is how mlx_lm stops generating."""

    async def check() -> None:
        with standin() as one:
            async with scene() as here:
                upstream = here.use(one)
                body = json.dumps({"messages": [{"role": "user", "content": "wait 0.1"}], "stream": True})
                _, writer = await asyncio.open_connection("127.0.0.1", here.front.port)
                writer.write(request(here.front.port, body=body).encode())
                await until(lambda: one.in_hand)
                writer.close()
                await writer.wait_closed()
                assert await upstream.drained(0.3)
                await until(lambda: not one.in_hand)
                assert one.broken_pipes == 1

    asyncio.run(check())


def test_a_port_that_is_taken_is_told() -> None:
    """With what to do."""

    async def check() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(AccessError, match="cannot be used"):
                await Front(int(taken.getsockname()[1]), lambda: None).listen()

    asyncio.run(check())


def test_it_listens_on_this_machine_alone() -> None:
    """On no other address of it."""

    async def check() -> None:
        async with scene() as here:
            others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
            for address in others - {"127.0.0.1"}:
                with pytest.raises(OSError, match=r".*"):
                    await asyncio.wait_for(asyncio.open_connection(str(address), here.front.port), 1)

    asyncio.run(check())


def test_closing_lets_requests_in_hand_finish() -> None:
    """As long as it is given."""

    async def check() -> None:
        with standin() as one:
            front = Front(free_port(), lambda: None)
            await front.listen()
            front.use(Upstream(one.port, one.name))
            async with client(front.url) as asker:
                waiting = asyncio.create_task(ask(asker, "wait 0.3"))
                await until(lambda: one.in_hand)
                await front.close(5)
                assert await waiting == "one heard wait"

    asyncio.run(check())
