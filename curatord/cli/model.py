"""`curatord model`: the base models that training starts from. No daemon is needed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode

if TYPE_CHECKING:
    from curatord.train.base_model import BaseModel

_COLUMNS = ("name", "state", "bytes", "path")


@dataclass(frozen=True, slots=True)
class Listed:
    """A base model as it is listed."""

    name: str
    state: str
    bytes: int
    path: str


@click.group(short_help="List, fetch and verify the base models that training starts from.")
def model() -> None:
    """List, fetch and verify the base models that training starts from.

    NAME is "smollm2-135m" (built in), an MLX model directory, or a Hugging Face id; without it, the one in [training].
    """


@model.command("list", short_help="List the built-in model and the one in [training].")
@json_option
@pass_setup
def list_models(setup: Setup, as_json: bool) -> ExitCode:
    """List the built-in model and the one in [training], and whether they are there.

    Example: curatord model list
    """
    from curatord.train import embedded  # noqa: PLC0415  kept out of the start of other commands

    base, models = _settings(setup)
    rows = [_listed(name, models) for name in dict.fromkeys([embedded.NAME, base])]
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        print_table(_COLUMNS, [(row.name, row.state, row.bytes, row.path) for row in rows])
    return ExitCode.OK


@model.command(short_help="Convert or download a base model, unless it is there.")
@click.argument("name", required=False)
@json_option
@pass_setup
def fetch(setup: Setup, name: str | None, as_json: bool) -> ExitCode:
    """Convert or download a base model, unless it is there and undamaged.

    Example: curatord model fetch smollm2-135m
    """
    from curatord.train import base_model, embedded  # noqa: PLC0415  see above

    base, models = _settings(setup)
    name = name or base
    if name == embedded.NAME:
        embedded.fetch(models)
    _print_model(base_model.resolve(name, models), as_json=as_json)
    return ExitCode.OK


@model.command(short_help="Read every byte of a base model and say whether it is as it should be.")
@click.argument("name", required=False)
@json_option
@pass_setup
def verify(setup: Setup, name: str | None, as_json: bool) -> ExitCode:
    """Read every byte of a base model, fetching nothing, and exit with 1 where it is damaged or missing.

    Example: curatord model verify
    """
    from curatord.train import base_model  # noqa: PLC0415  see above

    base, models = _settings(setup)
    _print_model(base_model.verify(name or base, models), as_json=as_json)
    return ExitCode.OK


def _settings(setup: Setup) -> tuple[str, Path]:
    """Return the configured base model and the directory of models."""
    from curatord.train.model_files import models_directory  # noqa: PLC0415  see above

    training = setup.settings().training
    return training.base, models_directory(training.models)


def _listed(name: str, models: Path) -> Listed:
    from curatord.train import embedded, hub  # noqa: PLC0415  see above
    from curatord.train.model_files import model_files  # noqa: PLC0415  see above

    path = models / name if name == embedded.NAME else Path(name).expanduser()
    if name == embedded.NAME:
        state = "ready" if embedded.looks_converted(path) else "damaged" if path.exists() else "not fetched"
    elif not path.is_dir() and (cached := hub.cached(name)) is not None:
        path, state = cached, "ready"
    else:
        state = "ready" if path.is_dir() else "not fetched" if hub.is_hub_id(name) else "missing"
    size = sum(file.stat().st_size for file in model_files(path)) if path.is_dir() else 0
    return Listed(name, state, size, str(path) if path.is_dir() else "")


def _print_model(base: BaseModel, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": base.name, "source": base.source, "path": str(base.path), "sha256": base.sha256})
    else:
        click.echo(f"{base.name} is ready: {base.path} (sha256 {base.sha256[:16]}).")
