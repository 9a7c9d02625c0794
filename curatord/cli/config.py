"""`curatord config`: where the configuration is, whether it is right, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from curatord import paths, settings_file
from curatord.cli.output import json_option, print_json
from curatord.cli.run import missing_roots
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from curatord.config import Settings


@click.group(short_help="Check, show and find the configuration.")
def config() -> None:
    """Check, show and find the configuration."""


@config.command(short_help="Check the configuration, and that the memory roots are there.")
@pass_setup
def check(setup: Setup) -> ExitCode:
    """Check the configuration, and that the memory roots are there; exit with 5 where something is wrong.

    Example: curatord config check
    """
    file = setup.config_file
    settings = settings_file.load(file, must_exist=True)
    if missing := missing_roots(settings):
        lines = [
            f"{file}: memory.roots[{index}].path = '{root.path}' is not there."
            for index, root in enumerate(settings.memory.roots)
            if root.path in missing
        ]
        raise ConfigurationError("\n".join(lines), hint="`curatord run` starts all the same, and waits for them.")
    number = len(settings.memory.roots)
    click.echo(f"{file} is right: {number} memory {'root' if number == 1 else 'roots'}.")
    return ExitCode.OK


@config.command(short_help="Show the settings in force, defaults included, as TOML.")
@click.option("--defaults", is_flag=True, help="Show every option with its default and its meaning instead.")
@json_option
@pass_setup
def show(setup: Setup, defaults: bool, as_json: bool) -> ExitCode:
    """Show the settings in force, defaults included, as TOML.

    Example: curatord config show --defaults > curatord.toml
    """
    if defaults:
        from curatord.config_template import render  # noqa: PLC0415  needed here alone

        click.echo(render(), nl=False)
        return ExitCode.OK
    content = _effective(setup.settings())
    if as_json:
        print_json(content)
        return ExitCode.OK
    import tomli_w  # noqa: PLC0415  needed here alone

    click.echo(tomli_w.dumps(content), nl=False)
    return ExitCode.OK


@config.command(short_help="Print where the configuration is looked for.")
@pass_setup
def path(setup: Setup) -> ExitCode:
    """Print where the configuration is looked for: --config, $CURATORD_CONFIG, else the platform's place.

    Example: $EDITOR "$(curatord config path)"
    """
    click.echo(str(setup.config_file))
    return ExitCode.OK


def _effective(settings: Settings) -> dict[str, Any]:
    from curatord.train.model_files import models_directory  # noqa: PLC0415  needed here alone

    content = settings.model_dump(mode="json")
    content["state"]["dir"] = str(paths.state_directory(settings.state.dir).path)
    content["training"]["models"] = str(models_directory(settings.training.models))
    return content
