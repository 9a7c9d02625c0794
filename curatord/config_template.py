"""The commented configuration file, `etc/curatord.toml`: every option, its default and its meaning.

Written from the settings classes, so that it cannot tell anything else than they do.
"""

from __future__ import annotations

import json
import textwrap
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from curatord.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic.fields import FieldInfo

WIDTH = 100

_HEAD = """\
curatord's configuration: every option with its default. An option that is left out has the default too; an unknown
one is an error. `curatord config path` tells where this file belongs, `curatord config check` whether it is right."""

_LIMITS = {"from": "ge", "above": "gt", "to": "le"}

# What stands in for an option that has no default.
_EXAMPLES = {
    ("state", "dir"): "~/.local/state/curatord",
    ("memory", "roots", "path"): "~/notes/knowledge",
    ("memory", "roots", "kind"): "knowledge",
    ("training", "models"): "~/.cache/curatord/models",
    ("hooks", "on"): "promoted",
    ("hooks", "command"): ["notify-send", "curatord"],
}


_ROOTS = ("memory", "roots")


def render(roots: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the file's text: options in force as they are by default, those without a default commented out.

    The memory roots, if there are any, are each given as their options by name.
    """
    blocks = [_comment(_HEAD), *_tables(Settings, (), roots)]
    return "\n".join(blocks)


def _tables(model: type[BaseModel], place: tuple[str, ...], roots: Sequence[Mapping[str, str]] = ()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        here = (*place, name)
        if (table := _table_in(field)) is None:
            continue
        if _is_repeated(field):
            yield _repeated(table, field, here)
            yield from (_entry(root) for root in roots if here == _ROOTS)
        else:
            yield f"{_comment(_summary(table))}[{'.'.join(here)}]\n{''.join(_options(table, here))}"
            yield from _tables(table, here, roots)


def _options(model: type[BaseModel], place: tuple[str, ...]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if _table_in(field) is None:
            default = field.get_default()
            line = _assignment(field.alias or name, _EXAMPLES[(*place, name)] if default is None else default)
            yield f"\n{_comment(_meaning(field))}{_comment(line) if default is None else line}"


def _repeated(model: type[BaseModel], field: FieldInfo, place: tuple[str, ...]) -> str:
    """Return an array of tables as an example, commented out: by default it is empty."""
    lines = [f"[[{'.'.join(place)}]]\n"]
    for name, option in model.model_fields.items():
        default = option.get_default() if not option.is_required() else _EXAMPLES[(*place, name)]
        lines.append(_assignment(name, default).rstrip("\n") + f"  # {option.description}\n")
    return _comment(field.description or "") + "".join(f"# {line}" for line in lines)


def _entry(root: Mapping[str, str]) -> str:
    return f"[[{'.'.join(_ROOTS)}]]\n" + "".join(_assignment(name, value) for name, value in root.items())


def _table_in(field: FieldInfo) -> type[BaseModel] | None:
    """Return the settings class that an option holds, alone or in an array, or None where it holds a plain value."""
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _is_repeated(field: FieldInfo) -> bool:
    return bool(get_args(field.annotation))


def _meaning(field: FieldInfo) -> str:
    """Return an option's description with the values it may have."""
    limits = [f"{word} {limit:g}" for word, name in _LIMITS.items() if (limit := _limit(field, name)) is not None]
    choices = [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    allowed = " ".join(limits) or ", ".join(choices)
    return f"{field.description} ({allowed})" if allowed else field.description or ""


def _limit(field: FieldInfo, name: str) -> float | None:
    return next((getattr(constraint, name) for constraint in field.metadata if hasattr(constraint, name)), None)


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _assignment(name: str, value: Any) -> str:  # noqa: ANN401  whatever an option may hold
    plain = value.value if isinstance(value, Enum) else value
    # Of texts, numbers, truth values and lists of them, JSON's form is TOML's as well.
    return f"{name} = {json.dumps(plain, ensure_ascii=False)}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(" ".join(text.split()), WIDTH - 2))
