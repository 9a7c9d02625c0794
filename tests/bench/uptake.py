"""`make uptake`: does the model know in the morning what the notes say? The whole loop, graded from outside.

The notes, the exam and the grader are ../shared/uptake, an invented world; its exam is seen by nothing but the grader
and `curatord ask`. A daemon with default settings reads the notes and trains on them; then the exam is asked four
times: of the base, as a user asks, in the exam's very words, and of the adapter by itself, without the router, too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

import click

from curatord.train.run_events import StageBegan, read_events
from tests.e2e.demo_place import DemoError, Place, daemon, heading, is_idle, stop, wait_for

WORLD = Path(__file__).parents[3] / "shared" / "uptake"
KINDS = ("knowledge", "episodes")
WAYS = {"base": ("--base",), "ask": (), "verbatim": ("--verbatim",), "alone": ("--alone",)}
LIMIT_MINUTES = 60.0
ANSWER_SECONDS = 900.0
Report = dict[str, Any]


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this new directory, and leave it there.")
def main(keep: Path | None) -> None:
    """Run the loop and print the tables; figures are for people to judge."""
    if not WORLD.is_dir():
        click.echo(f"{WORLD} is not there: there is nothing to measure.")
        return
    with tempfile.TemporaryDirectory(prefix="curatord-uptake-") as temporary:
        directory = keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        place = Place(directory)
        try:
            measure(place)
        except (DemoError, OSError, subprocess.SubprocessError, ValueError) as error:
            click.echo(f"\nUptake could not be measured: {error}\n\n{place.last_words()}", err=True)
            sys.exit(1)


def measure(place: Place) -> None:
    """Train on the world's notes and ask its exams."""
    prepare(place)
    notes = len(list(place.memory.rglob("*.md")))
    start = time.monotonic()
    with daemon(place) as process:
        heading(1, f"curatord run, on {notes} notes")
        wait_for(lambda: is_idle(place, notes), process, f"{notes} notes to be read")
        click.echo(textwrap.indent(place.run("status").rstrip(), "   "))
        heading(2, "curatord train now --wait")
        train(place)
        minutes = (time.monotonic() - start) / 60
        heading(3, "curatord adapters show")
        click.echo(textwrap.indent(place.run("adapters", "show").rstrip(), "   "))
        heading(4, "curatord ask --file exam.jsonl")
        reports = {way: grades(place, way) for way in WAYS}
        stop(place, process)
    show(reports)
    tell_stages(place)
    click.echo(f"\n   From the first note read to the verdict: {minutes:.1f} minutes (limit: {LIMIT_MINUTES:g}).")


def prepare(place: Place) -> None:
    """Copy the notes and name them in a configuration of defaults."""
    shutil.copytree(WORLD / "memory", place.memory)
    roots = "".join(
        f"[[memory.roots]]\npath = {json.dumps(str(place.memory / kind))}\nkind = {json.dumps(kind)}\n\n"
        for kind in KINDS
    )
    place.config.write_text(f"[state]\ndir = {json.dumps(str(place.state))}\n\n{roots}")


def train(place: Place) -> None:
    """Ask for a run and print how it goes; raise DemoError unless it ends with an adapter."""
    with subprocess.Popen(place.command("train", "now", "--wait"), stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        for line in client.stdout:
            click.echo(f"   {line.rstrip()}")
    if client.returncode != 0:
        raise DemoError(f"`curatord train now --wait` ended with {client.returncode}")


def grades(place: Place, way: str) -> dict[str, Report]:
    """Return the grader's reports on both exams, asked in one way."""
    return {exam: graded(place, WORLD / f"{exam}.jsonl", way) for exam in ("exam", "general")}


def graded(place: Place, exam: Path, way: str) -> Report:
    """Ask an exam through `curatord ask` and have it graded."""
    replies = place.directory / f"{exam.stem}-{way}.jsonl"
    place.run("ask", *WAYS[way], "--file", str(exam), "--out", str(replies), seconds=ANSWER_SECONDS)
    command = [sys.executable, str(WORLD / "grade.py"), str(exam), str(replies)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report: Report = json.loads(done.stdout)
    return report


def show(reports: dict[str, dict[str, Report]]) -> None:
    """Print what was right, in all and by category and place."""
    heading(5, "Right answers: of the base, of `curatord ask` (and --verbatim), and of the adapter by itself (--alone)")
    click.echo(f"   {'':<24}" + "".join(f"{way:>10}" for way in WAYS))
    for exam, title in (("exam", "the notes"), ("general", "general knowledge")):
        line(title, [reports[way][exam] for way in WAYS])
    for table in ("by_category", "by_where"):
        click.echo()
        for name in reports["ask"]["exam"][table]:
            line(name, [reports[way]["exam"][table][name] for way in WAYS])


def tell_stages(place: Place) -> None:
    """Print how long each stage of the run took."""
    (run,) = (place.state / "runs").iterdir()
    told = read_events(run / "events.jsonl").events
    begun = [event for event in told if isinstance(event, StageBegan)]
    ends = [*(event.time for event in begun[1:]), told[-1].time]
    spent = ", ".join(
        f"{event.stage} {(end - event.time).total_seconds() / 60:.1f}" for event, end in zip(begun, ends, strict=True)
    )
    click.echo(f"\n   Minutes: {spent}.")


def line(name: str, cells: list[Report]) -> None:
    """Print a line of the table."""
    click.echo(f"   {name:<24}" + "".join(f"{cell['correct']:>6}/{cell['n']:<3}" for cell in cells))


if __name__ == "__main__":
    main()
