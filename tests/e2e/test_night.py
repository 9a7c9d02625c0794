"""The loop that closes: a real daemon, a note, a night, and what is in service in the morning. On the tiny model."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from curatord.resources import resource
from tests.live import Live, configure
from tests.report.html import Reading
from tests.train.conftest import tiny_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["tiny_directory"]

SETTINGS = """
[training]
enabled = false
base = {base}
models = {models}
max_tokens = 256

[training.lora]
layers = 2
rank = 8

[training.sft]
epochs = 2
ways = 4
learning_rate = 0.01

[training.dpo]
max_steps = 2

[training.replay]
share = 0.0

[training.conditions]
min_free_disk_mb = 1

[exam]
questions = 20
max_tokens = 8
scales = [1.0]
rounds = {rounds}

[gaps]
questions = 4
samples = 1
"""


@pytest.fixture
def live(tmp_path: Path, tiny_directory: Path) -> Iterator[Live]:
    """A daemon on one note of the sample memory, whose base is the tiny model."""
    values = {"base": json.dumps(str(tiny_directory)), "models": json.dumps(str(tmp_path / "models")), "rounds": 1}
    live = configure(tmp_path, extra=SETTINGS.format(**values))
    shutil.copy(resource("etc/sample-memory/knowledge/cold-store.md"), live.memory)
    live.environment["MLX_DISABLE_COMPILE"] = "1"
    live.start()
    try:
        yield live
    finally:
        live.kill()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_night_from_note_to_service_and_back(live: Live) -> None:
    """Trained, examined, kept; promoted by hand where the exam said no; asked; rolled back. The status follows."""
    live.command("train", "now", "--wait", timeout=240)
    (adapter,) = live.json("adapters", "list")["adapters"]
    assert adapter["exam"]["trials"][0]["exam"]["asked"] == 20
    run = live.json("runs", "list")["runs"][0]
    assert (run["id"], run["state"]) == (adapter["id"], "done")
    assert live.json("runs", "show", run["id"])["adapter"] == adapter["directory"]
    _wait_for(live.state / "gaps.md")
    _check_report(live, run["id"])

    if not adapter["in_service"]:
        assert "candidate" in run["reason"]
        live.command("adapters", "promote", adapter["id"])
    status = live.status()
    assert status["adapter"] == adapter["id"]
    assert status["exam"]["after"] is not None
    assert (live.state / "current").resolve() == (live.state / "adapters" / adapter["id"]).resolve()
    reply = live.json("ask", "How cold is the cold store?", "--alone")
    assert reply["by"] == adapter["id"]

    live.command("adapters", "rollback")
    assert live.status()["adapter"] is None
    assert live.json("ask", "How cold is the cold store?")["about_notes"] is False


def _check_report(live: Live, run: str) -> None:
    """Compare the page about a run with what the commands tell of it, and with the files."""
    read, told = Reading(live.command("report", "--out", "-").stdout), live.json("report", run)
    detail, exam = live.json("runs", "show", run), live.json("adapters", "show", run)["exam"]
    weights = (live.state / "adapters" / run / "adapters.safetensors").read_bytes()
    assert (read.faults, read.loads) == ([], [])
    for expected in (
        f"Run {run} done: {detail['reason']}",
        f"{exam['trials'][0]['exam']['before']} → {exam['trials'][0]['exam']['after']} of 20 questions",
        f"{exam['general_before']['right']} → {exam['trials'][0]['general']['right']} of",
        f"sha256 {detail['snapshot']}",
        f"sha256 {detail['base_sha256']}",
        f"sha256 {hashlib.sha256(weights).hexdigest()}",
        f"{detail['rows']['sft-train']} sft-train",
        f"{detail['steps']['sft']} sft, {detail['steps']['dpo']} dpo steps",
        ", ".join(f"{name} {version}" for name, version in detail["versions"].items()),
    ):
        assert " ".join(expected.split()) in read.words
    events = [json.loads(line) for line in live.command("runs", "logs", run, "--json").stdout.splitlines()]
    for stage in ("sft", "dpo"):
        (chart,) = [one for one in told["charts"] if (one["stage"], one["figure"], one["round"]) == (stage, "loss", 0)]
        steps = [event for event in events if event["event"] == "step" and event["stage"] == stage]
        assert chart["training"] == [[step["step"], step["loss"]] for step in steps]
    assert [len(told["examples"]), sum(note["pairs"] for note in told["data"]["notes"])] == [
        20,
        detail["rows"]["pairs"],
    ]


def _wait_for(file: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} was not written"
        time.sleep(0.1)
