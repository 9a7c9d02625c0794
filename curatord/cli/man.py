"""`curatord man`: the manual page, written from the commands themselves, so that it cannot tell anything else.

The page is roff with the `man` macros: man(7). `etc/curatord.1` is this command's output.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

import click

from curatord import __version__
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = {
    "~/.config/curatord/curatord.toml": "The configuration; on macOS ~/Library/Application Support/curatord."
    " `curatord config path` tells the place, `curatord config show --defaults` every option.",
    "~/.local/state/curatord/": "Store, shards, runs, adapters, logs and socket; on macOS"
    " ~/Library/Application Support/curatord.",
    "~/.cache/curatord/models/": "Base models; on macOS ~/Library/Caches/curatord/models.",
}
_ENVIRONMENT = {
    "CURATORD_CONFIG": "The configuration file, where --config names none.",
    "NO_COLOR": "Where it is set, nothing is coloured.",
    "HF_HOME": "Where base models of the Hugging Face hub are kept.",
    "HF_HUB_OFFLINE": "Where it is 1, nothing is downloaded.",
}
_ENDS = {
    ExitCode.OK: "All is well.",
    ExitCode.FAILED: "It failed; why stands on standard error.",
    ExitCode.USAGE: "The command was not understood.",
    ExitCode.NOT_RUNNING: "No daemon runs.",
    ExitCode.ATTENTION: "Something needs you.",
    ExitCode.CONFIGURATION: "The configuration is invalid.",
    ExitCode.PERMISSION: "A file or socket may not be used.",
    ExitCode.BUSY: "In use; try again later.",
    ExitCode.INTERRUPTED: "Interrupted.",
}


@click.command(short_help="Print the manual page.")
@click.pass_context
def man(ctx: click.Context) -> ExitCode:
    """Print the manual page, which tells of every command and option.

    Example: curatord man | man -l -
    """
    click.echo(render(ctx.find_root().command), nl=False)
    return ExitCode.OK


def render(program: click.Command) -> str:
    """Return the manual page of a program in roff."""
    assert isinstance(program, click.Group)
    context = click.Context(program, info_name="curatord", color=False)
    summary, *rest = _paragraphs(program)
    lines = [
        f'.TH CURATORD 1 "" "curatord {__version__}" "User Commands"',
        ".SH NAME",
        f"curatord \\- {_escaped(summary[0].lower() + summary[1:].rstrip('.'))}",
        ".SH SYNOPSIS",
        ".B curatord",
        "[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...",
        ".SH DESCRIPTION",
        *_text(rest),
        ".SH OPTIONS",
        *_options(program, context),
        ".SH COMMANDS",
        *_commands(program, context),
        ".SH FILES",
        *_list(_FILES),
        ".SH ENVIRONMENT",
        *_list(_ENVIRONMENT),
        ".SH EXIT STATUS",
        *_list({str(code.value): meaning for code, meaning in _ENDS.items()}),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[str]:
    """Yield a subsection for each command; groups come before what is in them."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        below = click.Context(command, info_name=name, parent=context)
        usage = " ".join([below.command_path, *command.collect_usage_pieces(below)])
        yield f'.SS "{_escaped(usage.removeprefix("curatord "))}"'
        yield from _text(_paragraphs(command))
        yield from _options(command, below)
        if isinstance(command, click.Group):
            yield from _commands(command, below)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or "--help" in parameter.opts:
            continue
        names, meaning = record
        yield ".TP"
        yield f"\\fB{_escaped(names)}\\fR"
        yield _line(meaning)


def _list(entries: dict[str, str]) -> Iterator[str]:
    for name, meaning in entries.items():
        yield from (".TP", f"\\fB{_escaped(name)}\\fR", _line(meaning))


def _paragraphs(command: click.Command) -> list[str]:
    """Return the help of a command as paragraphs; as for click, it ends at a form feed."""
    text = inspect.cleandoc(command.help or command.short_help or "").partition("\f")[0]
    if not text:
        raise CuratordError(f"The command {command.name} has no help.")
    return re.split(r"\n\s*\n", text)


def _text(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        if paragraph.startswith("\b"):
            yield from (".PP", ".nf", *(_line(line) for line in paragraph.splitlines()[1:]), ".fi")
        elif (flat := " ".join(paragraph.split())).startswith("Example: "):
            # An example is copied from the page, so it must not be broken over lines.
            yield from (".PP", ".EX", f"    {_escaped(flat.removeprefix('Example: '))}", ".EE")
        else:
            yield from (".PP", *(_line(line) for line in textwrap.wrap(flat, 100, break_on_hyphens=False)))


def _line(text: str) -> str:
    """Return a line of text; one that begins like a request is kept from being taken for one."""
    escaped = _escaped(" ".join(text.split()))
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


def _escaped(text: str) -> str:
    """Return text whose every character stands for itself, a hyphen for the one of the keyboard: groff_man_style(7)."""
    special = {"\\": "\\e", "-": "\\-", "`": "\\(ga", "'": "\\(aq", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
    return "".join(special.get(character, character) for character in text)
