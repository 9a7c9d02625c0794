"""The tools that run a command: what it prints is the answer, what it says went wrong is the error."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, NoReturn

import psutil
import pytest

from curatord.control.mcp_tools import Tools
from curatord.errors import BusyError, CuratordError

if TYPE_CHECKING:
    from pathlib import Path

# Stands in for `curatord`: what it does is the first line of the question.
STANDIN = """\
import json, subprocess, sys, time
command, last = sys.argv[1], sys.argv[-1]
if last == "fail":
    print("curatord: There is no adapter. Train one first.", file=sys.stderr)
    sys.exit(1)
if last == "crash":
    raise RuntimeError("out of memory")
if last == "chatter":
    print("not JSON")
elif last == "silence":
    sys.exit(7)
elif last == "hang":
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, file=open(sys.argv[0] + ".pid", "w"))
    time.sleep(600)
elif last == "list":
    print(json.dumps([1, 2]))
else:
    print("Some warning.", file=sys.stderr)
    print(json.dumps({"words": sys.argv[1:], "input": sys.stdin.read()}))
    sys.exit(4 if last == "attention" else 0)
"""


def unused() -> NoReturn:
    """Stand where a daemon or settings are not needed."""
    raise AssertionError


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """Tools whose commands are those of the stand-in."""
    (tmp_path / "standin.py").write_text(STANDIN)
    return Tools(unused, unused, (sys.executable, str(tmp_path / "standin.py")))


def test_a_question_is_one_argument_and_never_an_option(tools: Tools) -> None:
    """And the command has no input: that is the protocol's."""
    answer = asyncio.run(tools.ask("--base; what is $HOME?"))
    assert answer == {"words": ["ask", "--json", "--", "--base; what is $HOME?"], "input": ""}


def test_gaps_are_asked_for_with_and_without_a_topic(tools: Tools) -> None:
    """A topic that looks like an option is none."""
    assert asyncio.run(tools.gaps())["words"] == ["gaps", "--json"]
    assert asyncio.run(tools.gaps("--all"))["words"] == ["gaps", "--json", "--topic=--all"]


def test_an_answer_that_calls_for_attention_is_an_answer(tools: Tools) -> None:
    """Exit code 4 is no failure."""
    assert asyncio.run(tools.ask("attention"))["words"][-1] == "attention"


def test_a_list_is_given_the_commands_name(tools: Tools) -> None:
    """Tools answer with objects."""
    assert asyncio.run(tools.ask("list")) == {"ask": [1, 2]}


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("fail", "There is no adapter. Train one first."),
        ("crash", "RuntimeError: out of memory"),
        ("chatter", "`curatord ask` printed something else than JSON."),
        ("silence", "`curatord ask` failed without a word."),
    ],
)
def test_a_failure_is_told_in_the_commands_own_words(tools: Tools, question: str, told: str) -> None:
    """Without a traceback."""
    with pytest.raises(CuratordError) as caught:
        asyncio.run(tools.ask(question))
    assert str(caught.value) == told


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """The error says after how many seconds."""
    (tmp_path / "standin.py").write_text(STANDIN)
    tools = Tools(unused, unused, (sys.executable, str(tmp_path / "standin.py")), seconds=2)
    with pytest.raises(BusyError, match="did not answer within 2 s"):
        asyncio.run(tools.ask("hang"))
    assert has_gone(int((tmp_path / "standin.py.pid").read_text()))


def test_a_question_that_nobody_waits_for_any_more_is_ended(tools: Tools, tmp_path: Path) -> None:
    """As when the agent takes it back, or has gone."""

    async def take_back() -> None:
        asking = asyncio.create_task(tools.ask("hang"))
        pid = tmp_path / "standin.py.pid"
        async with asyncio.timeout(20):
            while not (pid.exists() and pid.read_text()):  # noqa: ASYNC110  another process writes the file
                await asyncio.sleep(0.02)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(take_back())
    assert has_gone(int((tmp_path / "standin.py.pid").read_text()))


def has_gone(pid: int) -> bool:
    """Wait for the end of a process; tell whether it came."""
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
