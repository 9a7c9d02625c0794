"""A real daemon in a process of its own, on a state directory and memory roots of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from curatord.store.database import Store
from curatord.store.digest import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CURATORD = (sys.executable, "-m", "curatord")
PATIENCE = 30.0  # seconds; only a broken daemon takes so long


@dataclass(slots=True)
class Live:
    """A daemon under test: its files, its process while it runs, and how to talk to it."""

    directory: Path
    config: Path
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.directory / "state"

    @property
    def memory(self) -> Path:
        """The knowledge root."""
        return self.directory / "knowledge"

    def start(self, *, wait: bool = True) -> None:
        """Start the daemon and wait until its first pass is done."""
        output = (self.directory / "output.txt").open("ab")
        with output:
            self.process = subprocess.Popen(
                [*CURATORD, "--config", str(self.config), "run"],
                stdout=output,
                stderr=output,
                env=os.environ | self.environment,
            )
        if wait:
            self.wait_for(lambda status: status["state"] == "ready")

    def command(self, *words: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `curatord WORDS` as a process on this configuration."""
        done = subprocess.run(
            [*CURATORD, "--config", str(self.config), *words],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode in (0, 4), f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def json(self, *words: str) -> Any:  # noqa: ANN401  whatever the command prints
        """Run a command with `--json` and return what it printed."""
        return orjson.loads(self.command(*words, "--json").stdout)

    def status(self) -> dict[str, Any]:
        """Ask over the socket, without the cost of a process."""
        from curatord.control.client import Client  # noqa: PLC0415  tests that start no daemon need no client
        from curatord.paths import StateDirectory  # noqa: PLC0415

        return dict(Client(StateDirectory(self.state)).get("/v1/status"))

    def wait_for(self, condition: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait until the status fulfils a condition, and return it."""
        from curatord.errors import CuratordError  # noqa: PLC0415

        deadline = time.monotonic() + seconds
        last: object = None
        while time.monotonic() < deadline:
            assert self.process is None or self.process.poll() is None, self.output()
            try:
                last = status = self.status()
            except (CuratordError, OSError) as error:
                last = error
            else:
                if condition(status):
                    return status
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s; last seen: {last}\n{self.output()}")

    def sync(self) -> None:
        """Have the daemon look at everything now and wait for it."""
        self.command("sync", "--wait")

    def stop(self) -> int:
        """Send SIGTERM and return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def kill(self) -> None:
        """Send SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def output(self) -> str:
        """Return what the daemon printed, and the end of its log."""
        log = self.state / "logs" / "curatord.jsonl"
        lines = log.read_text().splitlines()[-20:] if log.exists() else []
        return "\n".join([(self.directory / "output.txt").read_text(), *lines])

    def manifest(self) -> dict[str, Any]:
        """Return the manifest."""
        return dict(orjson.loads((self.state / "shards" / "manifest.json").read_bytes()))

    def shard_files(self) -> dict[str, bytes]:
        """Return every shard file by its path in the manifest."""
        shards = self.state / "shards"
        return {file.relative_to(shards).as_posix(): file.read_bytes() for file in sorted(shards.glob("*/*.jsonl"))}

    def derived(self) -> tuple[str, dict[str, bytes]]:
        """Return what is derived from the notes, read while nobody writes: the store's digest and the shards."""
        store = Store.open_reader(self.state / "store.db")
        try:
            assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return digest(store.connection), self.shard_files()
        finally:
            store.close()


def configure(directory: Path, *, settle: float = 0.1, extra: str = "", **memory: object) -> Live:
    """Write a configuration with a knowledge and an episodes root below `directory`; return the daemon to be."""
    for name in ("knowledge", "episodes"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    options = "".join(f"{key} = {orjson.dumps(value).decode()}\n" for key, value in memory.items())
    config = directory / "curatord.toml"
    config.write_text(
        f'[state]\ndir = "{directory}/state"\n'
        f"[memory]\nsettle_seconds = {settle}\n{options}"
        f'[[memory.roots]]\npath = "{directory}/knowledge"\nkind = "knowledge"\n'
        f'[[memory.roots]]\npath = "{directory}/episodes"\nkind = "episodes"\n{extra}'
    )
    return Live(directory, config)


@contextmanager
def running(directory: Path, *, settle: float = 0.1, extra: str = "", **memory: object) -> Iterator[Live]:
    """Run a daemon for the length of a block; it is killed at the end if it still runs."""
    live = configure(directory, settle=settle, extra=extra, **memory)
    try:
        live.start()
        yield live
    finally:
        if live.process is not None:
            live.kill()
