"""Kill -9 loses nothing that the next start does not restore."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.daemon.helpers import note
from tests.live import CURATORD, Live, configure

if TYPE_CHECKING:
    from pathlib import Path

DURABLE = "fsync,fdatasync,pwrite64,rename,unlink,ftruncate"
STRACE = ("strace", "-o", "/dev/null", "-e", f"trace={DURABLE}")
# Every point is tried by `make faults`; a run of the suite takes a sample of them.
POINTS = int(os.environ.get("CURATORD_FAULT_POINTS", "10"))
KILLS = int(os.environ.get("CURATORD_FAULT_KILLS", "6"))


def clean(live: Live, directory: Path) -> tuple[str, dict[str, bytes]]:
    """Return what one clean pass over the same files gives."""
    fresh = configure(directory)
    for name in ("knowledge", "episodes"):
        shutil.rmtree(directory / name)
        shutil.copytree(live.directory / name, directory / name)
    fresh.command("build")
    return fresh.derived()


def worn(directory: Path) -> Live:
    """Return a state that has seen a first pass, with edits, deletions and new notes waiting for the next."""
    live = configure(directory, extra="[shards]\ndocuments = 2\n[engine]\nworkers = 1\n")
    for number in range(6):
        (live.memory / f"n{number}.md").write_text(note(f"Note {number}", 4000 + number))
    live.command("build")
    (live.memory / "n0.md").unlink()
    (live.memory / "n1.md").write_text(note("Note 1", 31337))
    for number in range(6, 10):
        (live.memory / f"n{number}.md").write_text(note(f"Note {number}", 4000 + number))
    return live


def build_command(live: Live) -> list[str]:
    """Return the command line of a pass in the foreground."""
    return [*CURATORD, "--config", str(live.config), "build"]


def durable_calls(live: Live, copy: Path) -> list[tuple[str, int]]:
    """Return the system calls of a pass that change something on disk for good: (name, how manieth of its name)."""
    shutil.copytree(live.state, copy)
    trace = live.directory / "trace.txt"
    subprocess.run(
        ["strace", "-o", str(trace), "-e", f"trace={DURABLE}", *build_command(live)],
        check=True,
        capture_output=True,
    )
    shutil.rmtree(live.state)
    shutil.copytree(copy, live.state)
    seen: Counter[str] = Counter()
    calls = []
    for line in trace.read_text().splitlines():
        name = line.partition("(")[0]
        if name in DURABLE.split(","):
            seen[name] += 1
            calls.append((name, seen[name]))
    return calls


def sampled(calls: list[tuple[str, int]], count: int) -> list[tuple[str, int]]:
    """Return so many of the calls, writes within the database no more than half: there are a thousand of them."""
    dice = random.Random(0)
    writes = [call for call in calls if call[0] == "pwrite64"]
    others = [call for call in calls if call[0] != "pwrite64"]
    half = min(len(others), -(-count // 2))
    return dice.sample(others, half) + dice.sample(writes, min(len(writes), count - half))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace (Debian: apt install strace)")
def test_killed_at_any_durable_system_call_a_pass_is_made_up_by_the_next(tmp_path: Path) -> None:
    """Each write, flush, rename and unlink is a point at which the process dies; afterwards all is as from scratch."""
    live = worn(tmp_path / "worn")
    before = tmp_path / "before"
    calls = durable_calls(live, before)
    assert {name for name, _ in calls} >= {"fsync", "pwrite64", "rename", "unlink"}
    expected = clean_of_worn(live, tmp_path)
    for name, number in sampled(calls, POINTS):
        # strace counts each kind of call by itself.
        kill = f"inject={name}:signal=KILL:when={number}"
        done = subprocess.run([*STRACE, "-e", kill, *build_command(live)], capture_output=True, check=False)
        assert done.returncode != 0, f"the pass was to die at {name} {number}"
        live.command("build")
        assert live.derived() == expected, f"after dying at {name} {number}"
        shutil.rmtree(live.state)
        shutil.copytree(before, live.state)


def clean_of_worn(live: Live, tmp_path: Path) -> tuple[str, dict[str, bytes]]:
    """Return the clean pass, with the same shard size as the worn state."""
    fresh = configure(tmp_path / "clean", extra="[shards]\ndocuments = 2\n")
    shutil.rmtree(fresh.memory)
    shutil.copytree(live.memory, fresh.memory)
    fresh.command("build")
    return fresh.derived()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_daemon_killed_at_random_moments_while_notes_change_ends_up_right(tmp_path: Path) -> None:
    """Killed and started again in the middle of edits, it arrives where a clean pass arrives."""
    live = configure(tmp_path / "live", settle=0.02)
    dice = random.Random(1)
    for round_number in range(KILLS):
        live.start(wait=False)
        until = time.monotonic() + 0.6 + dice.random() * 1.2
        while time.monotonic() < until:
            change(live, dice, round_number)
            time.sleep(0.01)
        live.kill()
    live.start()
    live.sync()
    live.stop()
    assert live.derived() == clean(live, tmp_path / "clean")


def change(live: Live, dice: random.Random, round_number: int) -> None:
    """Write, replace, rename or remove one of a few notes."""
    file = live.memory / f"n{dice.randrange(30)}.md"
    act = dice.choice(["write", "write", "replace", "remove", "rename"])
    text = note(f"Note {file.stem}", 1000 + dice.randrange(9000) + round_number)
    if act == "write":
        file.write_text(text)
    elif act == "replace":
        file.with_suffix(".tmp").write_text(text)
        file.with_suffix(".tmp").rename(file)
    elif file.exists() and act == "remove":
        file.unlink()
    elif file.exists():
        file.rename(live.memory / f"n{dice.randrange(30)}.md")
