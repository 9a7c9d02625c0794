"""`make demo`: the main job from end to end, driven through the installed command as a user would drive it.

A temporary directory holds a copy of the sample memory, a configuration and the state. The daemon runs on
them as a process of its own; a new note is dropped into the folder; what changed is shown. Any surprise ends
the demo with exit code 1 and the daemon's log.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psutil

from curatord.resources import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS = ("knowledge", "episodes")
SETTLE_SECONDS = 1.0
PATIENCE_SECONDS = 120.0
STOP_SECONDS = 10.0

NEW_NOTE = """\
---
title: Hygrometer check
created: 2025-06-21
tags: [equipment]
---

# Hygrometer check

A salt check is a test of a hygrometer against the air above damp table salt, which is always at 75 % relative
humidity.

1. Put 20 g of table salt and 5 ml of water into a lid.
2. Close the lid and the hygrometer in a 1 litre jar.
3. Read the hygrometer after 12 hours.

A reading of 72 % to 78 % is good. Correct a dial hygrometer with the screw on its back. Throw a digital one
away when it is more than 5 points off, because its sensor does not recover.
"""


class DemoError(Exception):
    """The demo did not go as it must."""


@dataclass(frozen=True, slots=True)
class Place:
    """The temporary directory and what stands in it."""

    directory: Path

    @property
    def config(self) -> Path:
        """The configuration file the demo writes."""
        return self.directory / "curatord.toml"

    @property
    def memory(self) -> Path:
        """The copy of the sample memory."""
        return self.directory / "memory"

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.directory / "state"

    @property
    def output(self) -> Path:
        """What the daemon prints."""
        return self.directory / "daemon.txt"

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `curatord ARGUMENTS` on this place's configuration."""
        return [str(Path(sys.executable).with_name("curatord")), "--config", str(self.config), *arguments]

    def run(self, *arguments: str) -> str:
        """Run `curatord ARGUMENTS` and return what it printed; raise DemoError unless it ends well."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise DemoError(f"`curatord {' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    @property
    def has_shards(self) -> bool:
        """Whether shards were written yet."""
        return (self.state / "shards" / "manifest.json").exists()

    def manifest(self) -> dict[str, Any]:
        """Return the shards' manifest."""
        manifest: dict[str, Any] = json.loads((self.state / "shards" / "manifest.json").read_text())
        return manifest


def main() -> int:
    """Run the demo and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="curatord-demo-") as directory:
        place = Place(Path(directory))
        try:
            demonstrate(place)
        except (DemoError, OSError, subprocess.SubprocessError, ValueError) as error:
            click.echo(f"\nThe demo failed: {error}\n\n{last_words(place)}", err=True)
            return 1
    if place.directory.exists():
        click.echo(f"\nThe demo failed: {place.directory} was left behind.", err=True)
        return 1
    click.echo("   The temporary directory is removed; nothing was left behind.")
    return 0


def demonstrate(place: Place) -> None:
    """Walk through the steps, printing each."""
    prepare(place)
    with daemon(place) as process:
        show_first_build(place, process)
        show_new_note(place, process)
        heading(4, "curatord status")
        click.echo(textwrap.indent(place.run("status").rstrip(), "   "))
        stop(place, process)


def prepare(place: Place) -> None:
    """Copy the sample memory and write the configuration."""
    shutil.copytree(resource("etc/sample-memory"), place.memory)
    roots = "".join(
        f"[[memory.roots]]\npath = {json.dumps(str(place.memory / kind))}\nkind = {json.dumps(kind)}\n\n"
        for kind in KINDS
    )
    state = f"[state]\ndir = {json.dumps(str(place.state))}\n\n"
    place.config.write_text(f"{state}[memory]\nsettle_seconds = {SETTLE_SECONDS}\n\n{roots}")
    heading(1, "A memory of markdown notes, and a configuration that names it")
    click.echo(f"   {place.config}")
    for kind in KINDS:
        click.echo(f"   {place.memory / kind}: {len(list((place.memory / kind).glob('*.md')))} notes")


@contextmanager
def daemon(place: Place) -> Iterator[subprocess.Popen[bytes]]:
    """Run the daemon for as long as the block lasts; it is killed if the block leaves it running."""
    with place.output.open("wb") as output:
        process = subprocess.Popen(place.command("run"), stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def show_first_build(place: Place, process: subprocess.Popen[bytes]) -> None:
    """Wait until every note is in a shard, and show how many pairs they gave."""
    heading(2, "curatord run")
    notes = len(list(place.memory.rglob("*.md")))
    start = time.monotonic()
    wait_for(lambda: is_idle(place, notes), process, f"{notes} notes to be read")
    status = json.loads(place.run("status", "--json"))
    click.echo(f"   {notes} notes, {status['facts']} facts, all in shards after {time.monotonic() - start:.1f} s\n")
    for category, pairs in status["pairs"]["by_category"].items():
        click.echo(f"   {category:<14}{pairs:>6}")
    click.echo(f"   {'all questions':<14}{status['pairs']['sft']:>6}")
    click.echo(f"   {'preferences':<14}{status['pairs']['preference']:>6}")


def show_new_note(place: Place, process: subprocess.Popen[bytes]) -> None:
    """Drop a note into the folder; show which shards changed, how fast, and what it became."""
    heading(3, "A new note is dropped into the folder")
    before = place.manifest()
    note = place.memory / "knowledge" / "hygrometer-check.md"
    start = time.monotonic()
    note.write_text(NEW_NOTE)
    wait_for(lambda: place.manifest()["generation"] > before["generation"], process, "the shards to follow")
    seconds = time.monotonic() - start
    click.echo(f"   {note.name}: in its shards {seconds:.2f} s after the write (settle window: {SETTLE_SECONDS:g} s)")
    show_changed_shards(before, place.manifest())
    found = json.loads(place.run("pairs", "search", "salt check", "--json"))["pairs"]
    pairs = [pair for pair in found if pair["path"] == note.name]
    if not pairs:
        raise DemoError("the new note gave no pairs")
    for pair in pairs[:2]:
        click.echo()
        paragraph("Q: ", pair["question"])
        paragraph("A: ", pair["answer"])


def show_changed_shards(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Show the shards whose content is not what it was."""
    old = {shard["path"]: shard for shard in before["shards"]}
    changed = [shard for shard in after["shards"] if shard["sha256"] != old.get(shard["path"], {}).get("sha256")]
    if not changed:
        raise DemoError("the manifest has a new generation and the same shards")
    click.echo(f"   {len(changed)} of {len(after['shards'])} shards were rewritten:")
    for shard in changed:
        had = old.get(shard["path"], {"pairs": 0})["pairs"]
        click.echo(f"   {shard['path']:<30} {had:>5} -> {shard['pairs']} pairs")


def stop(place: Place, process: subprocess.Popen[bytes]) -> None:
    """Stop the daemon as a user does, and make sure that it is gone, with its workers and its socket."""
    heading(5, "curatord stop")
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    start = time.monotonic()
    place.run("stop")
    code = process.wait(STOP_SECONDS)
    seconds = time.monotonic() - start
    if code != 0:
        raise DemoError(f"the daemon ended with {code}")
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    if alive:
        raise DemoError(f"still running: {', '.join(str(survivor.pid) for survivor in alive)}")
    litter = [path.name for path in place.state.rglob("*") if path.is_socket() or path.suffix == ".tmp"]
    if litter:
        raise DemoError(f"left in the state directory: {', '.join(litter)}")
    click.echo(f"   The daemon and its {len(family) - 1} child processes ended within {seconds:.1f} s, exit code 0.")


def is_idle(place: Place, notes: int) -> bool:
    """Tell whether the daemon answers, has that many notes in shards, and has nothing left to do."""
    asked = subprocess.run(place.command("status", "--json"), capture_output=True, text=True, check=False, timeout=60)
    if asked.returncode != 0:
        return False
    status = json.loads(asked.stdout)
    waiting = status["queue"]["pending"] + status["queue"]["settling"]
    return (
        status["documents"] >= notes
        and waiting == 0
        and place.has_shards
        and place.manifest()["generation"] == status["generation"]
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    """Wait until the condition holds; raise DemoError when the daemon ends or patience does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if process.poll() is not None:
            raise DemoError(f"the daemon ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise DemoError(f"waited {PATIENCE_SECONDS:g} s for {what}")
        time.sleep(0.01)


def last_words(place: Place) -> str:
    """Return the end of what the daemon printed and logged."""
    parts = []
    for file in (place.output, place.state / "logs" / "curatord.jsonl"):
        if file.exists():
            lines = file.read_text(errors="replace").splitlines()[-40:]
            parts.append("\n".join([f"{file.name}:", *lines]))
    return "\n\n".join(parts)


def heading(number: int, text: str) -> None:
    """Print a step's number and title."""
    click.echo(click.style(f"\n{number}. {text}", bold=True))


def paragraph(label: str, text: str) -> None:
    """Print a labelled text, wrapped and indented."""
    click.echo(textwrap.fill(text, 96, initial_indent=f"   {label}", subsequent_indent=" " * (3 + len(label))))


if __name__ == "__main__":
    sys.exit(main())
