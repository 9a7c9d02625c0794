"""The commented configuration file tells what the settings classes tell, and works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from curatord.config import Hook, Root, Settings
from curatord.config_template import render
from curatord.resources import resource
from curatord.settings_file import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path("curatord.toml")


def test_the_file_in_the_repository_is_what_the_settings_give() -> None:
    """Whoever changes an option writes the file anew: `curatord config show --defaults > etc/curatord.toml`."""
    assert resource("etc/curatord.toml").read_text() == render()


def test_the_template_as_it_is_gives_the_defaults() -> None:
    """The template says in TOML what the classes say in Python."""
    assert parse(render().encode(), FILE) == Settings()


def test_the_template_with_its_examples_in_force_is_valid() -> None:
    """Taking the comment signs off the options gives a configuration with a root and a state directory."""
    text = re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", render(), flags=re.MULTILINE)

    settings = parse(text.encode(), FILE)

    assert settings.state.dir is not None
    assert [root.path for root in settings.memory.roots] == [Path("~/notes/knowledge").expanduser()]


def test_memory_roots_are_written_where_the_example_stands() -> None:
    """In the order given, in TOML's quotes; all else stays as it is."""
    roots = [{"path": '/a "b" \\ c', "kind": "knowledge"}, {"path": "/d", "kind": "episodes"}]
    text = render(roots)

    read = parse(text.encode(), FILE).memory.roots
    assert [(str(root.path), root.kind.value) for root in read] == [('/a "b" \\ c', "knowledge"), ("/d", "episodes")]
    added = [line for line in text.splitlines() if line not in render().splitlines()]
    assert len(added) == 6
    assert text.index("# [[memory.roots]]") < text.index("\n[[memory.roots]]") < text.index("\n[pairs]")


def test_every_option_is_in_the_template() -> None:
    """Each option has its line, in force or commented out, below the header of its table."""
    section = re.compile(r"\[([a-z_.]+)\]+\n(.*?)(?=\n#[^\n]*\n(?:# )?\[|\Z)", re.DOTALL)
    tables = dict(section.findall(render()))
    missing = [
        f"{table}.{option}"
        for table, option in _options()
        if not re.search(rf"^(# )?{option} = ", tables[table], re.MULTILINE)
    ]
    assert missing == []


def test_no_line_of_the_template_is_too_long() -> None:
    """The file is read in narrow terminals too."""
    assert max(len(line) for line in render().splitlines()) <= 100


def test_the_template_without_comments_is_toml() -> None:
    """Nothing but comments and options is in it."""
    lines = [line for line in render().splitlines() if not line.startswith("#")]
    assert tomllib.loads("\n".join(lines))["memory"]["settle_seconds"] == 1.0


def _options() -> Iterator[tuple[str, str]]:
    for table, field in Settings.model_fields.items():
        if table != "hooks":
            yield from _options_of(table, field.annotation)
    yield from (("memory.roots", option) for option in Root.model_fields)
    yield from (("hooks", option) for option in Hook.model_fields)


def _options_of(table: str, model: object) -> Iterator[tuple[str, str]]:
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    for option, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _options_of(f"{table}.{option}", field.annotation)
        elif (table, option) != ("memory", "roots"):
            yield table, field.alias or option
