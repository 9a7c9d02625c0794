"""Plain numbers about speed and size, and ratios taken in one run on the same work: `make bench`.

Each figure is the median of several runs. The machine's own speed cancels out in the ratios; single times are samples.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import mistune
import orjson
import psutil

from curatord.resources import resource
from curatord.train.model_files import models_directory
from tests.bench.training import training
from tests.daemon.helpers import note
from tests.live import CURATORD, Live, configure

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = Path(__file__).parents[3] / "shared" / "memory"
MANY = 10_000
PLUGINS = ["table", "task_lists", "strikethrough", "footnotes"]


def main() -> None:
    """Run the benchmarks that are asked for, or all."""
    available: dict[str, Callable[[Path], dict[str, float]]] = {
        "first-scan": first_scan,
        "one-edit": edit_among_many,
        "status": status_command,
        "training": train_side_by_side,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*available, []], help="which to run; default: all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args()
    results: dict[str, dict[str, float]] = {}
    for name in chosen.names or available:
        with tempfile.TemporaryDirectory() as directory:
            results[name] = available[name](Path(directory))
        if not chosen.json:
            show(name, results[name])
    if chosen.json:
        sys.stdout.write(orjson.dumps(results, option=orjson.OPT_INDENT_2).decode() + "\n")


def show(name: str, figures: dict[str, float]) -> None:
    """Print one benchmark's figures."""
    sys.stdout.write(f"\n{name}\n")
    for label, value in figures.items():
        sys.stdout.write(f"  {label:<58} {value:>10.3f}\n")
    sys.stdout.flush()


def train_side_by_side(directory: Path) -> dict[str, float]:
    """Compare our training with mlx_lm's on the pairs of two sample notes; minutes."""
    live = configure(directory)
    for name in ("cold-store", "seed-moisture"):
        shutil.copy(resource(f"etc/sample-memory/knowledge/{name}.md"), directory / "knowledge")
    live.command("build", timeout=900)
    live.command("model", "fetch", timeout=300)
    models = models_directory(None)
    return training(directory, live.state / "store.db", models)


def first_scan(directory: Path, runs: int = 3) -> dict[str, float]:
    """Compare a first pass over real notes with bare mistune parsing of the same bytes on one core."""
    if not MEMORY.exists():
        return {}
    live = memory_of_real_notes(directory)
    files = [file for root in ("knowledge", "episodes") for file in sorted((directory / root).rglob("*.md"))]
    bare, ours = [], []
    for _ in range(runs):
        bare.append(seconds(lambda: parse_bare(files)))
        shutil.rmtree(live.state, ignore_errors=True)
        ours.append(seconds(lambda: live.command("build", timeout=900)))
    start = median(seconds(lambda: live.command("config", "path")) for _ in range(runs))
    return {
        "notes": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "bare mistune, one core, s": median(bare),
        "first pass as a whole process, s": median(ours),
        "of which starting Python and the command line, s": start,
        "ratio first pass / bare mistune (wanted: at most 3)": median(
            one / other for one, other in zip(ours, bare, strict=True)
        ),
    }


def edit_among_many(directory: Path, edits: int = 9) -> dict[str, float]:
    """Edit one note among ten thousand: time to the manifest, shards written, restart, idle cost."""
    live = configure(directory, settle=1.0)
    for number in range(MANY):
        folder = live.memory / f"d{number % 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"n{number}.md").write_text(note(f"Service {number}", 1000 + number))
    first = seconds(lambda: live.command("build", timeout=900))
    restarts = [restart(live) for _ in range(3)]
    live.start()
    latencies, written = zip(*(one_edit(live, number) for number in range(edits)), strict=True)
    figures = {
        f"first pass over {MANY} notes, s": first,
        "pairs in shards": live.manifest()["pairs"]["sft"],
        "unchanged restart until ready, s (wanted: at most 1)": median(restarts),
        "edit to manifest beyond the settle window, s (at most 0.2)": median(latencies) - 1.0,
        "shards written by one edit (at most 2)": max(written),
    }
    figures |= idle(live)
    live.stop()
    return figures


def restart(live: Live) -> float:
    """Start on an unchanged memory and return the seconds until the first pass is done."""
    taken = seconds(live.start)
    live.stop()
    return taken


def one_edit(live: Live, number: int) -> tuple[float, int]:
    """Edit a note; return the seconds until the manifest tells of it, and how many shards changed."""
    before = {shard["path"]: shard["sha256"] for shard in live.manifest()["shards"]}
    generation = live.manifest()["generation"]
    file = live.memory / f"d{number}" / f"n{number}.md"
    started = time.monotonic()
    file.write_text(note(f"Service {number}", 50_000 + number))
    while live.manifest()["generation"] == generation:
        time.sleep(0.002)
    taken = time.monotonic() - started
    after = {shard["path"]: shard["sha256"] for shard in live.manifest()["shards"]}
    time.sleep(0.5)
    return taken, sum(before.get(path) != sha for path, sha in after.items())


def idle(live: Live, seconds_watched: float = 20.0) -> dict[str, float]:
    """Let the daemon rest until its workers are gone, then watch what it uses."""
    assert live.process is not None
    time.sleep(35)
    processes = [psutil.Process(live.process.pid), *psutil.Process(live.process.pid).children(recursive=True)]
    before = sum(sum(process.cpu_times()[:2]) for process in processes)
    time.sleep(seconds_watched)
    used = sum(sum(process.cpu_times()[:2]) for process in processes) - before
    memory = sum(process.memory_info().rss for process in processes)
    return {
        "idle: percent of a core (wanted: under 0.5)": 100 * used / seconds_watched,
        "idle: resident memory, all processes, MB (under 120)": memory / 1e6,
    }


def status_command(directory: Path, runs: int = 20) -> dict[str, float]:
    """Time `curatord status` as a whole process beside a bare Python."""
    live = configure(directory)
    live.start()
    command = [*CURATORD, "--config", str(live.config), "status"]
    ours, bare = [], []
    for _ in range(runs):
        ours.append(seconds(lambda: subprocess.run(command, capture_output=True, check=True)))
        bare.append(seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True)))
    live.stop()
    return {
        "curatord status as a whole process, ms (at most 150)": 1000 * median(ours),
        "python -c '' as a whole process, ms": 1000 * median(bare),
    }


def memory_of_real_notes(directory: Path) -> Live:
    """Copy the shared notes, the files with no `.md` left out as a scan would."""
    live = configure(directory)
    for root in ("knowledge", "episodes"):
        shutil.rmtree(directory / root)
        shutil.copytree(MEMORY / root, directory / root)
    return live


def parse_bare(files: list[Path]) -> None:
    """Parse files with mistune and nothing else."""
    parser = mistune.create_markdown(renderer=None, plugins=PLUGINS)
    for file in files:
        parser(file.read_text(encoding="utf-8"))


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
