"""`curatord train`, `curatord runs` and training in the status, with a real daemon; only the training is a stand-in."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psutil

from tests.cli.conftest import NOTE
from tests.live import CURATORD, Live, configure

if TYPE_CHECKING:
    from collections.abc import Iterator

DAEMON = Path(__file__).with_name("standin_daemon.py")
LONG = ("--steps", "2000", "--seconds", "0.02")
ANY_MACHINE = """
[training.conditions]
on_power = false
max_load = 0.0
min_free_memory_mb = 0
min_free_disk_mb = 0
idle_minutes = 0.0
thermal = false
"""


@contextmanager
def training(directory: Path, *options: str, extra: str = "", note: str = NOTE) -> Iterator[Live]:
    """Run a daemon with a note to learn; its stand-in has these options."""
    live = configure(directory, extra=extra)
    (live.memory / "cold-store.md").write_text(note)
    start(live, *options)
    try:
        yield live
    finally:
        if live.process is not None:
            live.kill()
        for process in psutil.process_iter(["cmdline"]):
            if any(str(directory) in word for word in process.info["cmdline"] or ()):
                process.kill()


def start(live: Live, *options: str) -> None:
    """Start the daemon and wait for its first pass."""
    with (live.directory / "output.txt").open("ab") as output:
        live.process = subprocess.Popen(
            [sys.executable, str(DAEMON), str(live.config), *options],
            stdout=output,
            stderr=output,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )
    live.wait_for(lambda status: status["state"] == "ready")


def test_a_run_from_order_to_adapter(tmp_path: Path) -> None:
    """Started, waited for, listed, shown, followed; then its pairs are not new any more."""
    with training(tmp_path) as live:
        before = live.status()
        assert before["new_pairs"] == before["pairs"]["sft"] > 0
        assert before["training"]["state"] == "idle"
        assert before["training"]["next_run"]

        done = live.command("train", "now", "--wait")
        lines = done.stdout.splitlines()
        assert "is running. It trains on" in lines[0]
        assert lines[-1].startswith("Done: its adapter is ")

        (run,) = live.json("runs", "list")["runs"]
        assert (run["state"], run["asked_by"]) == ("done", "asked")
        assert (live.state / "adapters" / run["id"] / "adapters.safetensors").exists()
        shown = live.command("runs", "show", run["id"][:8]).stdout
        assert f"run         {run['id']}" in shown
        assert "base        smollm2-135m" in shown
        assert run["id"] in live.command("runs", "list").stdout

        events = live.command("runs", "logs", run["id"], "--follow", "--json").stdout.splitlines()
        assert [orjson.loads(line)["event"] for line in events][-1] == "finished"
        assert "stage=sft" in live.command("runs", "logs", run["id"]).stdout

        status = live.wait_for(lambda status: status["training"]["state"] == "idle" and status["new_pairs"] == 0)
        assert status["training"]["last"]["run"] == run["id"]
        assert status["training"]["held_by"] == ["0 new pairs, a run takes 50 (min_new_pairs)"]


def test_the_schedule_starts_a_run_by_itself(tmp_path: Path) -> None:
    """The hour was missed last year, nights never end, and every machine will do."""
    extra = f'[training]\nschedule = "0 0 1 1 *"\nstop_at = ""\nmin_new_pairs = 1\n{ANY_MACHINE}'
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "schedule.json").write_text('{"answered": "2020-01-01T00:00:00+00:00"}')
    with training(tmp_path, extra=extra) as live:
        status = live.wait_for(lambda status: bool(status["training"]["last"]))
        assert status["training"]["last"]["state"] == "done"
        (run,) = live.json("runs", "list")["runs"]
        assert run["asked_by"] == "schedule"
        names = [line["event"] for line in map(orjson.loads, log_of(live).splitlines())]
        assert names.index("run_started") < names.index("run_done")


def test_the_status_shows_how_far_a_run_is_and_orders_take_effect(tmp_path: Path) -> None:
    """Running, paused, resumed, cancelled."""
    with training(tmp_path, *LONG) as live:
        run = live.json("train", "now")["run"]
        live.wait_for(lambda status: (status["training"]["progress"] or {}).get("step", 0) > 2)
        text = live.command("status").stdout
        assert f"training    running {run}" in text
        assert "of 2000, loss" in text
        assert "100 tokens/s" in text
        assert "left" in text
        assert len(text.splitlines()) <= 24
        assert live.command("train", "now", check=False).returncode == 75

        assert "after the step" in live.command("train", "pause").stdout
        live.wait_for(lambda status: status["training"]["state"] == "paused")
        assert "`curatord train resume` goes on with it" in live.command("status").stdout
        live.command("train", "resume")
        live.wait_for(lambda status: status["training"]["state"] == "running")
        live.command("train", "cancel")
        live.wait_for(lambda status: status["training"]["state"] == "idle")
        assert live.json("runs", "show", run)["state"] == "cancelled"
        live.wait_for(lambda status: status["new_pairs"] == status["pairs"]["sft"])


def test_a_dry_run_tells_what_would_happen_and_does_nothing(tmp_path: Path) -> None:
    """With every condition as it is now."""
    with training(tmp_path) as live:
        text = live.command("train", "--dry-run").stdout
        assert text.splitlines()[0] == "Nothing would change now."
        assert "Next run: 20" in text
        assert "min_free_disk_mb" in text
        preview = live.json("train", "--dry-run")
        assert {condition["name"] for condition in preview["conditions"]} >= {"on_power", "max_load", "thermal"}
        assert live.json("runs", "list")["total"] == 0


def test_a_failed_run_is_one_clear_line_and_needs_attention(tmp_path: Path) -> None:
    """In the command that waited, in the status, in the list; and the daemon goes on."""
    with training(tmp_path, "--fail", "There is no base model at /nowhere.") as live:
        done = live.command("train", "now", "--wait", check=False)
        assert done.returncode == 1
        assert "failed: There is no base model at /nowhere. Try another." in done.stderr
        assert "Traceback" not in done.stderr
        status = live.command("status", check=False)
        assert status.returncode == 4
        assert "The last training run failed: There is no base model" in status.stdout
        again = live.command("train", "now", "--wait", "--json", check=False)
        assert (again.returncode, orjson.loads(again.stdout)["state"]) == (1, "failed")
        assert live.status()["state"] == "ready"


def test_without_pairs_there_is_nothing_to_start(tmp_path: Path) -> None:
    """And orders without a run are refused."""
    with training(tmp_path, note="# Short\n") as live:
        done = live.command("train", "now", check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "There are no pairs to train on." in done.stderr
        for order in ("pause", "resume", "cancel"):
            refused = live.command("train", order, check=False)
            assert refused.returncode == 1
            assert "no run in hand" in refused.stderr
        assert live.command("runs", "show", "../x", check=False).returncode == 2
        assert live.command("runs", "show", "1999", check=False).returncode == 1
        assert live.command("train", check=False).returncode == 2


def test_stopping_the_daemon_checkpoints_the_run_and_starting_it_goes_on(tmp_path: Path) -> None:
    """Nothing is left running meanwhile."""
    with training(tmp_path, *LONG) as live:
        run = live.json("train", "now")["run"]
        live.wait_for(lambda status: (status["training"]["progress"] or {}).get("step", 0) > 2)
        assert live.stop() == 0
        assert not processes_of(live)
        start(live, "--steps", "5")
        live.wait_for(lambda status: bool(status["training"]["last"]))
        assert live.json("runs", "show", run)["state"] == "done"


def test_a_daemon_that_was_killed_takes_its_run_up_again(tmp_path: Path) -> None:
    """The process that outlived it is ended first: one run at a time."""
    with training(tmp_path, *LONG) as live:
        run = live.json("train", "now")["run"]
        live.wait_for(lambda status: (status["training"]["progress"] or {}).get("step", 0) > 2)
        live.kill()
        (orphan,) = processes_of(live)
        start(live, *LONG)
        live.wait_for(lambda status: status["training"]["state"] == "running")
        (process,) = processes_of(live)
        assert process.pid != orphan.pid
        shown = live.json("runs", "show", run)
        assert (shown["state"], shown["attempts"]) == ("running", 0)


def test_waiting_shows_a_bar_on_a_terminal_and_ends_without_the_run(tmp_path: Path) -> None:
    """Ctrl-C is for the waiting alone."""
    with training(tmp_path, *LONG) as live:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*CURATORD, "--config", str(live.config), "train", "now", "--wait"], stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        live.wait_for(lambda status: (status["training"]["progress"] or {}).get("step", 0) > 2)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        shown = read_all(ours)
        assert process.wait(30) == 130
        assert "sft step" in shown
        assert "the run goes on" in shown
        assert "Traceback" not in shown
        assert live.status()["training"]["state"] == "running"


def read_all(terminal: int) -> str:
    """Return what was shown until the end."""
    shown = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux tells the end of a terminal so
            break
        if not data:
            break
        shown += data
    os.close(terminal)
    return shown.decode()


def processes_of(live: Live) -> list[psutil.Process]:
    """Return the processes that train for a daemon."""
    runs = str(live.state / "runs")
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if any(word.startswith(runs) for word in process.info["cmdline"] or ())]


def log_of(live: Live) -> str:
    """Return the daemon's log."""
    return (live.state / "logs" / "curatord.jsonl").read_text()
