"""What frontmatter means: YAML, TOML or JSON read into plain data, with bounds that hold before anything is built.

YAML comes as a stream of events, from libyaml where there is one, so nothing in it nests in this process: no depth
overflows the stack (60 KB of brackets do in `yaml.load`), and no alias is ever expanded.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from frontmatter.default_handlers import SafeLoader
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 64
"""How deep lists and mappings may nest."""


class MetadataError(ValueError):
    """Frontmatter that cannot be read; `line` counts from 0 at its opening delimiter."""

    def __init__(self, message: str, *, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Loaded:
    """Plain data, and the keys that stood twice in one mapping (the last one counts)."""

    value: object
    repeated: tuple[str, ...] = ()


def read_yaml(text: str) -> Loaded:
    """Read YAML 1.1 with the scalar types of PyYAML's safe loader; keys stay the text that was written.

    Raises MetadataError on a syntax error, on anchors, aliases, merge keys, tags, keys that are no text, and
    nesting over `MAX_DEPTH`.
    """
    root = _Frame([])
    stack, repeated = [root], list[str]()
    try:
        for event in yaml.parse(text, Loader=SafeLoader):
            _take(event, stack, repeated)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MetadataError(error.problem or "a syntax error", line=mark.line if mark else 0) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise MetadataError("it holds characters that YAML does not allow") from error
    documents = root.value
    if len(documents) > 1:
        raise MetadataError("it holds more than one document")
    return Loaded(documents[0] if isinstance(documents, list) and documents else {}, tuple(repeated))


def read_toml(text: str) -> Loaded:
    """Read TOML 1.0. Raises MetadataError on an error and on nesting over `MAX_DEPTH`."""
    _refuse_deep_brackets(text)
    _refuse_deep_keys(text)
    try:
        return Loaded(_plain(tomllib.loads(text), MAX_DEPTH))
    except MetadataError:
        raise
    except ValueError as error:
        line = _TOML_LINE.search(str(error))
        raise MetadataError(str(error), line=int(line[1]) - 1 if line else 0) from error


def read_json(text: str) -> Loaded:
    """Read JSON (RFC 8259). Raises MetadataError on an error and on nesting over `MAX_DEPTH`."""
    _refuse_deep_brackets(text)
    repeated: list[str] = []

    def mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in pairs:
            if key in made:
                repeated.append(key)
            made[key] = value
        return made

    try:
        value = json.loads(text, object_pairs_hook=mapping, parse_int=_integer, parse_float=_float, parse_constant=str)
    except json.JSONDecodeError as error:
        raise MetadataError(error.msg, line=error.lineno - 1) from error
    return Loaded(_plain(value, MAX_DEPTH), tuple(repeated))


@dataclass(slots=True)
class _Frame:
    """A list or mapping being filled; `key` waits for its value."""

    value: list[object] | dict[str, object]
    key: str | None = None

    def add(self, item: object) -> None:
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.key is not None:
            self.value[self.key] = item
            self.key = None
        else:
            raise MetadataError("a key must be text")


def _take(event: yaml.Event, stack: list[_Frame], repeated: list[str]) -> None:
    """Add what one event tells to the innermost list or mapping."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise MetadataError("anchors and aliases are not accepted", line=_line(event))
    frame = stack[-1]
    if isinstance(event, yaml.ScalarEvent):
        if isinstance(frame.value, dict) and frame.key is None:
            frame.key = _key(event)
            if frame.key in frame.value:
                repeated.append(frame.key)
        else:
            frame.add(_scalar(event))
    elif isinstance(event, yaml.CollectionStartEvent):
        _refuse_tag(event)
        if len(stack) > MAX_DEPTH:
            raise MetadataError(f"it nests deeper than {MAX_DEPTH}", line=_line(event))
        inner = _Frame([] if isinstance(event, yaml.SequenceStartEvent) else {})
        frame.add(inner.value)
        stack.append(inner)
    elif isinstance(event, yaml.CollectionEndEvent):
        stack.pop()


def _key(event: yaml.ScalarEvent) -> str:
    if event.value == "<<" and event.implicit[0]:
        raise MetadataError("merge keys are not accepted", line=_line(event))
    return _text(event.value)


def _scalar(event: yaml.ScalarEvent) -> object:
    """Give a scalar the type that its form says, or leave it text where that type cannot hold it."""
    _refuse_tag(event)
    tag = str(_RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit))  # type: ignore[no-untyped-call]
    construct = _CONSTRUCTORS.get(tag.rpartition(":")[2])
    if construct is None or event.tag:
        return _text(event.value)
    try:
        value = construct(yaml.ScalarNode(tag, event.value))
    except ValueError:  # a 13th month, more digits than Python reads, `0x_`
        return event.value
    return value if _holds(value) else event.value


def _refuse_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    if event.tag not in {None, "!", "tag:yaml.org,2002:str"}:
        raise MetadataError("tags are not accepted", line=_line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def _moment(node: yaml.ScalarNode) -> str:
    moment: dt.date = _CONSTRUCTOR.construct_yaml_timestamp(node)
    return moment.isoformat()


def _plain(value: object, depth: int) -> object:
    """Return TOML's or JSON's value with dates, and numbers that JSON cannot hold, as text."""
    if isinstance(value, (dict, list)):
        if depth == 0:
            raise MetadataError(f"it nests deeper than {MAX_DEPTH}")
        if isinstance(value, list):
            return [_plain(item, depth - 1) for item in value]
        return {_text(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, str):
        return _text(value)
    return value if _holds(value) else str(value)


def _holds(value: object) -> bool:
    """Whether JSON, as others read it, can hold a number: finite, and of at most 64 bits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _INTEGER_DIGITS and _holds(int(text)) else text


def _float(text: str) -> float | str:
    return float(text) if math.isfinite(float(text)) else text


def _text(text: str) -> str:
    """Return text that UTF-8 can hold: an escape may have written half a character."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _refuse_deep_brackets(text: str) -> None:
    """Bound nesting before a recursive parser sees the text; brackets inside strings count, too."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise MetadataError(f"it nests deeper than {MAX_DEPTH}", line=text.count("\n", 0, bracket.start()))


def _refuse_deep_keys(text: str) -> None:
    """Bound TOML's `a.b.c = 1`, for which tomllib takes time that grows with the square of the dots."""
    for number, line in enumerate(text.split("\n")):
        if line.partition("=")[0].count(".") > MAX_DEPTH:
            raise MetadataError(f"it nests deeper than {MAX_DEPTH}", line=number)


# PyYAML's classes themselves, not SafeLoader, to which other libraries add rules for the whole process
_RESOLVER = Resolver()
_CONSTRUCTOR = SafeConstructor()
_CONSTRUCTORS: dict[str, Callable[[yaml.ScalarNode], object]] = {
    "null": _CONSTRUCTOR.construct_yaml_null,
    "bool": _CONSTRUCTOR.construct_yaml_bool,
    "int": _CONSTRUCTOR.construct_yaml_int,
    "float": _CONSTRUCTOR.construct_yaml_float,
    "timestamp": _moment,
}
_INTEGER_DIGITS = 20
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOML_LINE = re.compile(r"at line (\d+)")
