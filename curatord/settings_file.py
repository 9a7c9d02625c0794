"""Reading the configuration file, and telling every mistake in one clear line."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

from curatord.config import Settings
from curatord.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails


def load(file: Path, *, must_exist: bool = False) -> Settings:
    """Read and check a configuration file; one that is not there means the defaults, unless it must exist.

    Raises ConfigurationError naming the file, the key, the value, and the nearest known name.
    """
    if not file.exists():
        if must_exist:
            raise ConfigurationError(
                f"There is no configuration file {file}.", hint="Name another with --config."
            )
        return Settings()
    _refuse_foreign(file)
    return parse(file.read_bytes(), file)


def parse(data: bytes, file: Path) -> Settings:
    """Check the bytes of a configuration file; `file` is for messages only."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from error
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        lines = [_explain(detail) for detail in error.errors()]
        raise ConfigurationError("\n".join(f"{file}: {line}" for line in lines)) from error
    _check_roots(settings, file)
    return settings


def _refuse_foreign(file: Path) -> None:
    status = file.stat()
    if status.st_uid not in (os.getuid(), 0):
        raise ConfigurationError(
            f"{file} belongs to another user.", hint="Copy it, or name another with --config."
        )
    if status.st_mode & stat.S_IWOTH:
        raise ConfigurationError(f"{file} can be written by everyone.", hint=f"Run `chmod o-w {file}`.")


def _explain(detail: ErrorDetails) -> str:
    key = _dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"unknown key {key}.{_nearest(detail['loc'])}"
    if detail["type"] == "missing":
        return f"{key} is missing."
    return f"{key} = {_shown(detail['input'])}: {detail['msg'][0].lower()}{detail['msg'][1:]}."


def _dotted(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest(location: tuple[str | int, ...]) -> str:
    names = _known_names(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    if close:
        return f" Did you mean {_dotted((*location[:-1], close[0]))}?"
    return f" Known here: {', '.join(names)}."


def _known_names(location: tuple[str | int, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = next(
                candidate
                for candidate in (annotation, *get_args(annotation))
                if isinstance(candidate, type) and issubclass(candidate, BaseModel)
            )
    return list(model.model_fields)


def _check_roots(settings: Settings, file: Path) -> None:
    resolved = [(root, root.path.resolve()) for root in settings.memory.roots]
    for index, (root, path) in enumerate(resolved):
        for other, other_path in resolved[:index]:
            if path == other_path:
                raise ConfigurationError(
                    f"{file}: memory.roots[{index}].path = '{root.path}' is named twice."
                )
            if path.is_relative_to(other_path) or other_path.is_relative_to(path):
                inner, outer = sorted((root.path, other.path), key=lambda p: len(p.parts), reverse=True)
                raise ConfigurationError(
                    f"{file}: memory.roots[{index}].path: {inner} lies inside {outer}.",
                    hint="A note would belong to both; keep one of them.",
                )
        if path.exists() and not path.is_dir():
            raise ConfigurationError(
                f"{file}: memory.roots[{index}].path = '{root.path}' is not a directory."
            )
    state = settings.state.dir
    for index, (root, path) in enumerate(resolved):
        if state is not None and path.is_relative_to(state.resolve()):
            raise ConfigurationError(
                f"{file}: memory.roots[{index}].path = '{root.path}' lies inside [state] dir.",
                hint="Keep notes and state apart.",
            )
