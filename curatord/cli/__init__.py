"""The command line: what people type. Each command's module is imported when it is asked for, and no sooner."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from curatord.cli.setup import Setup
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where each command stands: the module below this package; a dash in the name is an underscore in the function.
_COMMANDS = {
    "init": "init",
    "doctor": "doctor",
    "run": "run",
    "build": "run",
    "install": "service",
    "uninstall": "service",
    "start": "service",
    "stop": "service",
    "restart": "service",
    "sync": "control",
    "reload": "control",
    "confirm-deletes": "control",
    "status": "status",
    "dashboard": "dashboard",
    "pairs": "pairs",
    "judgements": "judgements",
    "documents": "documents",
    "coverage": "coverage",
    "conflicts": "conflicts",
    "gaps": "gaps",
    "problems": "documents",
    "events": "events",
    "history": "history",
    "metrics": "metrics",
    "hook": "hook",
    "mcp": "mcp",
    "logs": "logs",
    "export": "export",
    "train": "train",
    "runs": "runs",
    "report": "report",
    "model": "model",
    "adapters": "adapters",
    "exam": "exam",
    "topics": "exam",
    "ask": "ask",
    "backup": "backup",
    "restore": "backup",
    "gc": "gc",
    "store": "store",
    "support-bundle": "support_bundle",
    "config": "config",
    "completion": "completion",
    "man": "man",
}


_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_ADVICE = {
    errno.ENOSPC: "Free some space on the disk.",
    errno.EDQUOT: "Free some of your quota on the disk.",
    errno.EEXIST: "Move it away.",
    errno.EISDIR: "Move it away.",
    errno.ENOTDIR: "Move it away.",
    **dict.fromkeys(_DENIED, "Check its permissions."),
}


def main() -> None:
    """Run the command line of this process and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are told on standard error, without a traceback."""
    try:
        result = curatord.main(list(arguments), prog_name="curatord", standalone_mode=False)
        sys.stdout.flush()
    except CuratordError as error:
        _tell(error.message, error.hint)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone (`| head`); the interpreter must not try to flush what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except OSError as error:
        if not error.strerror:
            raise
        _tell(f"{error.filename or 'A file'}: {error.strerror}.", _ADVICE.get(error.errno or 0, ""))
        return ExitCode.PERMISSION if error.errno in _DENIED else ExitCode.FAILED
    return result if isinstance(result, int) else ExitCode.OK


class LazyGroup(click.Group):
    """A group that knows the names of its commands and imports one when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names, in the order a newcomer needs them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  see above
        """Return a command, or None for click to say that there is none such."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"curatord.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


def _show_versions(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print what is installed in which version, and end; the first line is curatord's own."""
    if not wanted or ctx.resilient_parsing:
        return
    from curatord.versions import versions  # noqa: PLC0415  needed here alone

    own, *others = versions(Setup(ctx.params.get("config")).config_file).items()
    click.echo(" ".join(own))
    for name, version in others:
        click.echo(f"{name:<11}{version}")
    ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config",
    metavar="FILE",
    is_eager=True,  # so that --version knows it
    help="The configuration file, instead of $CURATORD_CONFIG or the usual place.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_versions, help="Show the versions."
)
@click.pass_context
def curatord(ctx: click.Context, config: str | None) -> None:
    """Turn what is written down in markdown notes into training pairs, live.

    Begin with `curatord init`, start the daemon with `curatord run`, and look at it with `curatord status`.
    """
    ctx.obj = Setup(config)
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False


def _tell(message: str, hint: str) -> None:
    """Print one line for each thing that is wrong; what to do stands at the end of the last."""
    *others, last = message.splitlines()
    for line in (*others, f"{last} {hint}".rstrip()):
        click.echo(f"curatord: {line}", err=True)
