"""The manual page: written from the commands, as committed, and right in the eyes of groff."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from curatord.cli import curatord
from curatord.cli.man import render
from curatord.errors import ExitCode
from tests.live import CURATORD
from tests.packaging.test_repository import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = REPOSITORY / "etc" / "curatord.1"


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group below a group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)


def shown(text: str) -> str:
    """Return the page as a terminal of 120 columns shows it, without bold and underlined letters."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-c", "-rLL=118n"], input=text, capture_output=True, text=True, check=True
    )
    return re.sub(r".\x08", "", done.stdout)


def test_the_committed_page_is_what_the_commands_give() -> None:
    """Whoever changes a command writes the page anew: `curatord man > etc/curatord.1`."""
    assert PAGE.read_text(encoding="utf-8") == render(curatord)


def test_the_command_prints_the_page() -> None:
    """Byte for byte."""
    assert subprocess.run([*CURATORD, "man"], capture_output=True, text=True, check=True).stdout == render(curatord)


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_against_the_page() -> None:
    """With all its warnings on."""
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8"], input=render(curatord), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_page_shows_every_command_and_every_exit_code() -> None:
    """Each with its own heading, in the reader's eyes."""
    page = shown(render(curatord))
    headings = {line.strip() for line in page.splitlines() if line.startswith("   ") and not line.startswith("    ")}
    for words in commands(curatord):
        name = " ".join(words)
        assert any(heading == name or heading.startswith(f"{name} ") for heading in headings), name
    for code in ExitCode:
        assert re.search(rf"^ +{code.value} ", page, re.MULTILINE), code


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_text_that_looks_like_a_request_is_shown_as_it_is() -> None:
    """Backslashes, quotes, and lines that begin with a dot or an apostrophe."""

    @click.group()
    def program() -> None:
        """Do it."""

    @program.command()
    @click.option("--odd", help=".TH and \\fBbold\\fR, 'quoted' - \"so\" ~ ^ `code`")
    def work(odd: str) -> None:
        r"""Work.

        'apostrophes' and
        .dots begin lines.

        Example: curatord work --odd 'a\b' | grep -v "^x"
        """

    page = shown(render(program))
    assert ".TH and \\fBbold\\fR, 'quoted' - \"so\" ~ ^ `code`" in page
    assert "'apostrophes' and .dots begin lines." in page
    assert "curatord work --odd 'a\\b' | grep -v \"^x\"" in page
