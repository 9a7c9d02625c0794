"""Reading the configuration file, and telling every mistake in one clear line."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import tomllib
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel, ValidationError

from curatord.config import Settings
from curatord.errors import ConfigurationError
from curatord.paths import is_directory, state_directory

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails


def load(file: Path, *, must_exist: bool = False) -> Settings:
    """Read and check a configuration file; one that is not there means the defaults, unless it must exist.

    Raises ConfigurationError naming the file, the key, the value, and the nearest known name.
    """
    try:
        _refuse_foreign(file)
        data = file.read_bytes()
    except FileNotFoundError:
        if must_exist:
            raise missing_file(file) from None
        return Settings()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error
    return parse(data, file)


def missing_file(file: Path) -> ConfigurationError:
    """Return the error for a configuration file that was named and is not there."""
    return ConfigurationError(
        f"There is no configuration file {file}.", hint="`curatord config show --defaults` prints one to start from."
    )


def parse(data: bytes, file: Path) -> Settings:
    """Check the bytes of a configuration file; `file` is for messages only."""
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from error
    except RecursionError as error:
        raise ConfigurationError(f"{file} is not valid TOML: it is nested too deeply.") from error
    try:
        settings = Settings.model_validate(content, context={"base": file.parent})
    except ValidationError as error:
        lines = [_explain(detail) for detail in error.errors()]
        raise ConfigurationError("\n".join(f"{file}: {line}" for line in lines)) from error
    _check_roots(settings, file)
    return settings


def _refuse_foreign(file: Path) -> None:
    status = file.stat()
    if status.st_uid not in (os.getuid(), 0):
        raise ConfigurationError(f"{file} belongs to another user.", hint="Copy it, or name another with --config.")
    if status.st_mode & stat.S_IWOTH:
        raise ConfigurationError(f"{file} can be written by everyone.", hint=f"Run `chmod o-w {file}`.")


# pydantic's messages speak of Python's types; these speak of TOML's. Its others read well as they are.
_MESSAGES = {
    "model_type": "should be a table",
    "tuple_type": "should be a list",
    "path_type": "should be a path in quotes",
    "string_type": "should be text in quotes",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "finite_number": "should be a finite number",
    "greater_than": "should be greater than {gt:g}",
    "greater_than_equal": "should be {ge:g} or more",
    "less_than_equal": "should be {le:g} or less",
    "enum": "should be {expected}",
    "literal_error": "should be {expected}",
}


def _explain(detail: ErrorDetails) -> str:
    key = _dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"unknown key {key}.{_nearest_key(detail['loc'])}"
    if detail["type"] == "missing":
        return f"{key} is missing."
    context = detail.get("ctx", {})
    message = _MESSAGES.get(detail["type"], detail["msg"].removeprefix("Value error, ")).format(**context)
    choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
    return f"{key} = {_shown(detail['input'])}: {message}.{_nearest_choice(detail['input'], choices)}"


def _dotted(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shown(value: object) -> str:
    """Return a value in TOML's form, which JSON's is near enough to, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest_key(location: tuple[str | int, ...]) -> str:
    names = _known_names(location[:-1])
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    if close:
        return f" Did you mean {_dotted((*location[:-1], close[0]))}?"
    return f" Known here: {', '.join(names)}."


def _nearest_choice(value: object, choices: list[str]) -> str:
    close = difflib.get_close_matches(str(value).lower(), choices, n=1, cutoff=0.5)
    return f' Did you mean "{close[0]}"?' if close else ""


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
    state = state_directory(settings.state.dir).path.resolve()
    known: list[tuple[Path, Path]] = []  # as configured, and resolved
    for index, root in enumerate(settings.memory.roots):
        told = f'{file}: memory.roots[{index}].path = "{root.path}"'
        path = root.path.resolve()
        if os.path.exists(path) and not is_directory(path):  # noqa: PTH110  Path.exists may raise
            raise ConfigurationError(f"{told} is not a directory.")
        for other, other_path in known:
            _refuse_overlap(told, path, other, other_path)
        if path.is_relative_to(state):
            raise ConfigurationError(f"{told} lies inside the state directory {state}.", hint="Keep them apart.")
        if state.is_relative_to(path):
            raise ConfigurationError(f"{told} holds the state directory {state}.", hint="Set [state] dir elsewhere.")
        known.append((root.path, path))


def _refuse_overlap(told: str, path: Path, other: Path, other_path: Path) -> None:
    if path == other_path:
        raise ConfigurationError(f"{told} is named twice.", hint="Remove one of them.")
    hint = "A note would belong to both; keep one of them."
    if path.is_relative_to(other_path):
        raise ConfigurationError(f"{told} lies inside {other}, another root.", hint=hint)
    if other_path.is_relative_to(path):
        raise ConfigurationError(f"{told} holds {other}, another root.", hint=hint)
