"""A temporary place for the demo: configuration, notes and state, the daemon that runs on them, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 120.0
STOP_SECONDS = 10.0


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

    def run(self, *arguments: str, seconds: float = 60.0) -> str:
        """Run `curatord ARGUMENTS` and return what it printed; raise DemoError unless it ends well, and in time."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=seconds)
        if done.returncode != 0:
            raise DemoError(f"`curatord {' '.join(arguments)}` ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def last_words(self) -> str:
        """Return the end of what the daemon printed and logged."""
        parts = []
        for file in (self.output, self.state / "logs" / "curatord.jsonl"):
            if file.exists():
                lines = file.read_text(errors="replace").splitlines()[-40:]
                parts.append("\n".join([f"{file.name}:", *lines]))
        return "\n\n".join(parts)

    @property
    def has_shards(self) -> bool:
        """Whether shards were written yet."""
        return (self.state / "shards" / "manifest.json").exists()

    def manifest(self) -> dict[str, Any]:
        """Return the shards' manifest."""
        manifest: dict[str, Any] = json.loads((self.state / "shards" / "manifest.json").read_text())
        return manifest


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


def stop(place: Place, process: subprocess.Popen[bytes]) -> None:
    """Stop the daemon as a user does, and make sure that it is gone, with its workers and its socket."""
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
    click.echo(f"   The daemon and its processes ({len(family)} in all) ended within {seconds:.1f} s, exit code 0.")


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


def heading(number: int, text: str) -> None:
    """Print a step's number and title."""
    click.echo(click.style(f"\n{number}. {text}", bold=True))


def paragraph(label: str, text: str) -> None:
    """Print a labelled text, wrapped and indented."""
    click.echo(textwrap.fill(text, 96, initial_indent=f"   {label}", subsequent_indent=" " * (3 + len(label))))
