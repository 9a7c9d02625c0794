"""`curatord mcp` as an agent meets it: the protocol's own client, a real process, a real daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp_types import TextContent

from tests.live import CURATORD, Live, configure, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

NOTE = "# Cold store\n\nThe cold store keeps seeds at 4 degrees Celsius. It holds 120 jars on six shelves.\n"
TIDE = (
    "The tide gauge at the north pier samples every 6 minutes. It was installed in 2019 by the harbour office, and"
    " its battery lasts 14 months."
)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running daemon with one note."""
    directory = tmp_path_factory.mktemp("mcp")
    configure(directory)
    (directory / "knowledge" / "cold-store.md").write_text(NOTE)
    with running(directory) as daemon:
        yield daemon


def agent(live: Live, converse: Callable[[Client], Awaitable[None]]) -> str:
    """Have an agent converse with a server of its own; return what the server wrote to standard error."""

    async def run() -> None:
        async with connected(live, errors) as client:
            await converse(client)

    with (live.directory / "mcp-errors.txt").open("w+") as errors:
        anyio.run(run)
        errors.seek(0)
        return errors.read()


@asynccontextmanager
async def connected(live: Live, errors: Any) -> AsyncIterator[Client]:  # noqa: ANN401  a file, as the client wants it
    """Connect the package's own client to `curatord mcp`."""
    server = StdioServerParameters(command=CURATORD[0], args=[*CURATORD[1:], "--config", str(live.config), "mcp"])
    async with Client(stdio_client(server, errlog=errors)) as client:
        with anyio.fail_after(60):
            yield client


async def call(client: Client, name: str, **arguments: object) -> dict[str, Any]:
    """Call a tool that must succeed."""
    answer = await client.call_tool(name, arguments)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    first = answer.content[0]
    assert isinstance(first, TextContent)
    assert json.loads(first.text) == answer.structured_content  # for agents that read no structure
    return dict(answer.structured_content)


async def refusal(client: Client, name: str, **arguments: object) -> str:
    """Call a tool that must fail, and return what it says."""
    answer = await client.call_tool(name, arguments)
    assert answer.is_error
    first = answer.content[0]
    assert isinstance(first, TextContent)
    return first.text


def test_the_tools_tell_what_they_are_for(live: Live) -> None:
    """Each with a description and a schema that describes every argument."""

    async def converse(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"status", "search_pairs", "ask", "gaps", "remember"}
        assert all(tool.description for tool in tools.values())
        arguments = {name: tool.input_schema.get("properties", {}) for name, tool in tools.items()}
        assert arguments["remember"].keys() == {"title", "text", "kind"}
        assert all(one["description"] for tool in arguments.values() for one in tool.values())

    assert agent(live, converse) == ""


def test_the_status_is_that_of_the_daemon(live: Live) -> None:
    """The figures of `curatord status --json`."""

    async def converse(client: Client) -> None:
        assert (await call(client, "status"))["pid"] == live.status()["pid"]

    agent(live, converse)


def test_pairs_are_found_with_their_notes_and_without_wrong_answers(live: Live) -> None:
    """No more than were asked for."""

    async def converse(client: Client) -> None:
        found = await call(client, "search_pairs", query="degrees celsius", limit=1)
        assert found["total"] >= 1
        (pair,) = found["pairs"]
        assert "4 degrees" in pair["answer"]
        assert (pair["root"], pair["path"]) == ("knowledge", "cold-store.md")
        assert "rejected" not in pair
        assert (await call(client, "search_pairs", query="nosuchword")) == {"total": 0, "pairs": []}

    agent(live, converse)


def test_what_is_remembered_is_read_by_the_daemon_and_found(live: Live) -> None:
    """From the agent's words to pairs, without another step."""

    async def converse(client: Client) -> None:
        path = (await call(client, "remember", title="Tide gauge", text=TIDE))["path"]
        assert path == str(live.memory / "tide-gauge.md")
        with anyio.fail_after(30):
            while not (found := await call(client, "search_pairs", query="tide minutes"))["total"]:  # noqa: ASYNC110  the daemon tells no event of this process
                await anyio.sleep(0.1)
        assert found["pairs"][0]["path"] == "tide-gauge.md"
        again = (await call(client, "remember", title="Tide gauge", text=TIDE, kind="episodes"))["path"]
        assert again == str(live.directory / "episodes" / "tide-gauge.md")

    agent(live, converse)


def test_refusals_say_what_is_wrong_and_what_to_do(live: Live) -> None:
    """As errors of the tool, which a model can read and act on; the server goes on."""

    async def converse(client: Client) -> None:
        assert "skipped as noise: say more" in await refusal(client, "remember", title="Tide", text="Too short.")
        assert "limit" in await refusal(client, "search_pairs", query="tide", limit=0)
        assert "kind" in await refusal(client, "remember", title="Tide", text=TIDE, kind="elsewhere")
        assert (await call(client, "status"))["state"] == "ready"

    agent(live, converse)


def test_without_a_daemon_the_tools_say_so_and_a_note_can_still_be_written(tmp_path: Path) -> None:
    """The note is read when the daemon starts."""
    still = configure(tmp_path)

    async def converse(client: Client) -> None:
        for name, arguments in (("status", {}), ("search_pairs", {"query": "tide"})):
            said = await refusal(client, name, **arguments)
            assert said.endswith("curatord is not running. Start it with `curatord run`.")
        await call(client, "remember", title="Tide gauge", text=TIDE)

    agent(still, converse)
    assert (still.memory / "tide-gauge.md").exists()


def test_nothing_but_the_protocol_is_on_standard_output_and_the_server_ends_with_its_input(live: Live) -> None:
    """Every line is a message; what is no message is answered by one or passed over."""
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    question = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "status", "arguments": {}}}
    process = subprocess.Popen(
        [*CURATORD, "--config", str(live.config), "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(f"{json.dumps(message)}\n" for message in (initialize, ready)) + "no message\n")
    process.stdin.write(f"{json.dumps(question)}\n")
    process.stdin.flush()
    messages: list[dict[str, Any]] = []
    while not messages or messages[-1].get("id") != 2:
        messages.append(json.loads(process.stdout.readline()))
    rest, _ = process.communicate(timeout=30)
    assert rest == ""
    assert process.returncode == 0
    assert all(message["jsonrpc"] == "2.0" for message in messages)


def test_no_other_command_imports_the_protocol(live: Live) -> None:
    """It takes a second; listing the commands must not."""
    program = (
        "import sys; from curatord.cli import run; "
        f"[run(['--config', {str(live.config)!r}, *words]) for words in (['--help'], ['status'], ['hook', '--help'])]; "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"mcp", "mcp_types"} & set(done.stderr.split()) == set()
