"""`make demo`: the main job from end to end, driven through the installed command as a user would drive it.

A temporary directory holds a copy of the sample memory, a configuration and the state. The daemon runs on
them as a process of its own; a new note is dropped into the folder; what changed is shown. Then a second daemon trains
the built-in model on the new note, and the model is asked what it learned. Any surprise ends the demo with exit code 1
and the daemons' logs.
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

from curatord.resources import resource
from tests.e2e.demo_place import DemoError, Place, daemon, heading, is_idle, paragraph, stop, wait_for
from tests.e2e.demo_training import demonstrate_training

KINDS = ("knowledge", "episodes")
SETTLE_SECONDS = 1.0

NEW_NAME = "hygrometer-check.md"
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


def main() -> int:
    """Run the demo and return its exit code."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="curatord-demo-") as directory:
        place, night = Place(Path(directory)), Place(Path(directory) / "night")
        try:
            demonstrate(place)
            demonstrate_training(night, place.memory / "knowledge" / NEW_NAME, first_heading=6)
        except (DemoError, OSError, subprocess.SubprocessError, ValueError) as error:
            words = "\n\n".join(words for words in (place.last_words(), night.last_words()) if words)
            click.echo(f"\nThe demo failed: {error}\n\n{words}", err=True)
            return 1
    if place.directory.exists():
        click.echo(f"\nThe demo failed: {place.directory} was left behind.", err=True)
        return 1
    click.echo(f"   The temporary directory is removed. All of this took {time.monotonic() - start:.0f} s.")
    return 0


def demonstrate(place: Place) -> None:
    """Walk through the steps from notes to shards, printing each."""
    prepare(place)
    with daemon(place) as process:
        show_first_build(place, process)
        show_new_note(place, process)
        heading(4, "curatord status")
        click.echo(textwrap.indent(place.run("status").rstrip(), "   "))
        heading(5, "curatord stop")
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
    note = place.memory / "knowledge" / NEW_NAME
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


if __name__ == "__main__":
    sys.exit(main())
