"""The command line: what people type. Each command's module is imported when it is asked for, and no sooner."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from curatord import __version__
from curatord.cli.setup import Setup
from curatord.errors import CuratordError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where each command stands: the module below this package; a dash in the name is an underscore in the function.
_COMMANDS = {
    "run": "run",
    "build": "run",
    "stop": "control",
    "sync": "control",
    "reload": "control",
    "confirm-deletes": "control",
    "status": "status",
    "pairs": "pairs",
    "documents": "documents",
    "coverage": "coverage",
    "conflicts": "conflicts",
    "gaps": "gaps",
    "problems": "documents",
    "events": "events",
    "hook": "hook",
    "mcp": "mcp",
    "logs": "logs",
    "export": "export",
    "train": "train",
    "runs": "runs",
    "model": "model",
    "adapters": "adapters",
    "exam": "exam",
    "topics": "exam",
    "ask": "ask",
    "config": "config",
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


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", metavar="FILE", help="The configuration file, instead of $CURATORD_CONFIG or the usual place."
)
@click.version_option(__version__, message="curatord %(version)s")
@click.pass_context
def curatord(ctx: click.Context, config: str | None) -> None:
    """Turn what is written down in markdown notes into training pairs, live.

    Start the daemon with `curatord run`, and look at it with `curatord status`.
    """
    ctx.obj = Setup(config)
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False


def _tell(message: str, hint: str) -> None:
    """Print one line for each thing that is wrong; what to do stands at the end of the last."""
    *others, last = message.splitlines()
    for line in (*others, f"{last} {hint}".rstrip()):
        click.echo(f"curatord: {line}", err=True)
