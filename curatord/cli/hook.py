"""`curatord hook`: what other programs need to call curatord at the right moment."""

from __future__ import annotations

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.program import program
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ConfigurationError, ExitCode

SECONDS_TO_SPARE = 10  # so that the command ends by itself and says why, before it is ended


@click.group(short_help="Print hooks for other programs.")
def hook() -> None:
    """Print hooks for other programs, which then call curatord at the right moment.

    Example: curatord hook post-explorer
    """


@hook.command("post-explorer", short_help="Print the hook for the end of an agent's session.")
@click.option(
    "--timeout",
    type=click.IntRange(1, 86_400),
    default=120,
    show_default=True,
    metavar="S",
    help="Seconds that the session's end may wait for the shards.",
)
@json_option
@pass_setup
def post_explorer(setup: Setup, timeout: int, as_json: bool) -> ExitCode:  # noqa: ARG001  JSON is the only form
    """Print the JSON that makes CL-GO hand over what a session wrote down, for the file config.json.

    The command runs in the first knowledge root, waits until the shards hold what was written, and exits with 0.

    Example: curatord hook post-explorer
    """
    command = [*program(setup), "sync", "--wait", "--timeout", str(timeout)]
    entry = {"name": "curatord", "command": command, "cwd": _memory(setup), "timeout": timeout + SECONDS_TO_SPARE}
    print_json({"hooks": {"post_explorer": [entry]}})
    return ExitCode.OK


def _memory(setup: Setup) -> str:
    roots = sorted(setup.settings().memory.roots, key=lambda root: root.kind != "knowledge")
    if not roots:
        raise ConfigurationError("No memory roots are configured.", hint="Add [[memory.roots]] to the configuration.")
    return str(roots[0].path)
