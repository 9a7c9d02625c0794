"""`curatord support-bundle`: what helps to find a fault, in one file, without what your notes say."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from curatord.cli.log_lines import LogReader
from curatord.cli.program import program
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from curatord.cli.scrub import Scrubber
    from curatord.config import Settings
    from curatord.paths import StateDirectory

LOG_LINES = 500
HISTORY_ENTRIES = 200
SECONDS_FOR_DOCTOR = 120.0
_PLAIN_OPTIONS = frozenset({"schedule", "stop_at"})

_ABOUT = """\
What curatord knows of itself: versions, settings, the end of the log, the history, the status, and what
`curatord doctor` found. No text of a note, no name of one, and no path of yours is in it; a text that could hold any of
that was left out. Look through it all the same before you give it to anybody.
"""


@click.command(short_help="Gather what helps to find a fault, without your notes.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="The zip file to write.")
@pass_setup
def support_bundle(setup: Setup, out: Path | None) -> ExitCode:
    """Write versions, settings, status, history, the end of the log, and what doctor finds, to a zip file.

    Neither texts nor names of notes are in it, nor your paths: home is called ~. Works with and without a daemon.

    Example: curatord support-bundle --out bundle.zip
    """
    from curatord.store.atomic import write_file  # noqa: PLC0415  keeps the start of other commands fast

    file = out or Path(f"curatord-support-{datetime.now().astimezone():%Y%m%d-%H%M%S}.zip")
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in _contents(setup):
            bundle.writestr(name, text)
    write_file(file.absolute(), buffer.getvalue())
    click.echo(f"{file} is written. Look through it before you give it to anybody: unzip -p {file} | less")
    return ExitCode.OK


def _contents(setup: Setup) -> Iterator[tuple[str, str]]:
    """Yield the files of the bundle: name and text. What cannot be found out is told instead."""
    from curatord.versions import installed, versions  # noqa: PLC0415  see above

    settings = _settings(setup)
    state = _state(setup, settings)
    scrubber = _scrubber(setup, state, settings)
    yield "README.txt", _ABOUT
    found = {**versions(), **{name: installed(name) for name in _requirements()}}
    del found["base model"]  # which may be a directory: the settings tell whether it is the built-in one
    yield "versions.json", _json({name: scrubber.text(version) for name, version in found.items()})
    yield "settings.json", _json(_redacted(settings))
    yield "status.json", _json(scrubber.value(_status(setup)))
    yield "history.jsonl", _lines(scrubber.line(entry) for entry in _history(state))
    yield "store.json", _json(_store(state))
    yield "log.jsonl", _lines(scrubber.line(line) for line in _log(state))
    yield "doctor.json", _json(scrubber.value(_doctor(setup)))


def _settings(setup: Setup) -> Settings | None:
    """Return the settings, None where the file is broken: then nothing of it is told."""
    with suppress(CuratordError):
        return setup.settings()
    return None


def _state(setup: Setup, settings: Settings | None) -> StateDirectory:
    """Return the state directory as well as it can be told."""
    from curatord.paths import salvage_state_directory, state_directory  # noqa: PLC0415  see above

    if settings is not None:
        return state_directory(settings.state.dir)
    with suppress(CuratordError):
        return setup.peek_state()
    return salvage_state_directory(setup.config_file) or state_directory(None)


def _scrubber(setup: Setup, state: StateDirectory, settings: Settings | None) -> Scrubber:
    from curatord.cli.scrub import Scrubber  # noqa: PLC0415  see above

    own = {"state": state.path, "configuration": setup.config_file, "python": Path(sys.prefix)}
    if settings is None:
        private = {"directory": [state.path.parent, setup.config_file.parent]}
        return replace(Scrubber.of(private, Path.home(), own), tells=False)
    roots = {f"root {number}": [root.path] for number, root in enumerate(settings.memory.roots, 1)}
    others = [Path(word) for word in _paths_of_commands(settings)]
    notes = {name for root in settings.memory.roots for name in _names_below(root.path)}
    private = {**roots, "directory": [*others, state.path.parent, setup.config_file.parent]}
    return Scrubber.of(private, Path.home(), own, notes)


def _paths_of_commands(settings: Settings) -> Iterator[str]:
    """Yield what in the settings may be a path besides the roots."""
    words = [settings.training.base, settings.exam.judge.base, *settings.notifications.command]
    words += [word for hook in settings.hooks for word in hook.command]
    words += [str(settings.training.models or "")]
    yield from (word for word in words if Path(word).is_absolute())


def _names_below(root: Path) -> Iterator[str]:
    for place, _, files in os.walk(root):
        directory = Path(place).relative_to(root).as_posix()
        if directory != ".":
            yield directory
        yield from (name for name in files if name.endswith(".md"))


def _requirements() -> list[str]:
    import re  # noqa: PLC0415  see above
    from importlib.metadata import PackageNotFoundError, requires  # noqa: PLC0415  see above

    try:
        wanted = requires("curatord") or []
    except PackageNotFoundError:
        return []
    return sorted({re.split(r"[^\w.-]", name, maxsplit=1)[0] for name in wanted if "extra ==" not in name})


def _redacted(settings: Settings | None) -> dict[str, Any]:
    from curatord.cli.scrub import settings as redacted  # noqa: PLC0415  see above
    from curatord.config import Settings as Defaults  # noqa: PLC0415  see above

    if settings is None:
        return {"error": "The configuration cannot be read: see `curatord config check`."}
    mine = settings.model_dump(mode="json")
    told = redacted(mine, Defaults().model_dump(mode="json"), frozenset(_choices(Defaults)))
    for option in _PLAIN_OPTIONS:
        told["training"][option] = mine["training"][option]
    return told


def _choices(model: type[BaseModel]) -> Iterator[str]:
    """Yield every word that an option may be set to, as far as the settings name them."""
    from pydantic import BaseModel  # noqa: PLC0415  see above

    from curatord.memory.document import Kind  # noqa: PLC0415  see above

    yield from (kind.value for kind in Kind)
    pending: list[object] = [field.annotation for field in model.model_fields.values()]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, str):
            yield annotation
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            pending += [field.annotation for field in annotation.model_fields.values()]
        else:
            pending += get_args(annotation)


def _status(setup: Setup) -> dict[str, Any]:
    try:
        return setup.client().get("/v1/status")
    except CuratordError as error:
        return {"message": error.message}


def _history(state: StateDirectory) -> Iterator[dict[str, Any]]:
    from curatord.store import history  # noqa: PLC0415  see above
    from curatord.store.database import Store  # noqa: PLC0415  see above

    with suppress(CuratordError):
        store = Store.open_reader(state.store)
        try:
            _, entries = history.read(store.connection, limit=HISTORY_ENTRIES)
        finally:
            store.close()
        yield from ({"time": entry.time, "kind": entry.kind, **entry.data} for entry in reversed(entries))


def _store(state: StateDirectory) -> dict[str, Any]:
    """Return how large the store is, and how many rows its tables have."""
    from curatord.store.database import Store, schema_version  # noqa: PLC0415  see above

    try:
        store = Store.open_reader(state.store)
    except CuratordError as error:
        return {"error": type(error).__name__}
    try:
        tables = [row[0] for row in store.connection.execute(_TABLES)]
        rows = {name: store.connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # noqa: S608
        size = state.store.stat().st_size
        return {"schema": schema_version(store.connection), "bytes": size, "rows": rows}
    finally:
        store.close()


_TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"


def _log(state: StateDirectory) -> list[dict[str, Any]]:
    with LogReader(state.log) as reader:
        return list(deque(reader.read(), maxlen=LOG_LINES))


def _doctor(setup: Setup) -> Any:  # noqa: ANN401  whatever it prints
    """Return what doctor finds, from a process of its own: it may hang, or die, of what is wrong."""
    command = [*program(setup), "doctor", "--json"]
    try:
        done = subprocess.run(  # noqa: S603  our own program
            command, capture_output=True, check=False, timeout=SECONDS_FOR_DOCTOR, stdin=subprocess.DEVNULL
        )
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"message": f"doctor was not done within {SECONDS_FOR_DOCTOR:g} s."}
    except ValueError:
        return {"message": f"doctor ended with exit code {done.returncode} and without an answer."}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _lines(values: Iterator[dict[str, Any]]) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
