"""`curatord completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from curatord.errors import ExitCode

# Where each shell looks by itself; zsh has no such place of the user's, so one is put in front of its own.
_INSTALL = {
    "bash": (
        "mkdir -p ~/.local/share/bash-completion/completions",
        "curatord completion bash > ~/.local/share/bash-completion/completions/curatord",
        '(needs the package bash-completion; without it, have this in ~/.bashrc: eval "$(curatord completion bash)")',
    ),
    "zsh": (
        "mkdir -p ~/.zsh/completions",
        "curatord completion zsh > ~/.zsh/completions/_curatord",
        "and in ~/.zshrc, before compinit: fpath=(~/.zsh/completions $fpath)",
    ),
    "fish": ("curatord completion fish > ~/.config/fish/completions/curatord.fish",),
}
_VARIABLE = "_CURATORD_COMPLETE"  # what click makes of the program's name


@click.command(short_help="Print the completion for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(list(_INSTALL)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> ExitCode:
    """Print what a shell needs to complete commands and options; its first lines tell how to install it.

    Example: eval "$(curatord completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    source = _script(kind(ctx.find_root().command, {}, "curatord", _VARIABLE))
    first, _, rest = source.strip().partition("\n")
    lines = "".join(f"#   {line}\n" for line in _INSTALL[shell])
    comment = f"# Completion of curatord for {shell}. To have it in every new shell:\n{lines}"
    # zsh knows a file of completions by its first line.
    click.echo(f"{first}\n{comment}{rest}" if first.startswith("#compdef") else f"{comment}{first}\n{rest}")
    return ExitCode.OK


def _script(kind: click.shell_completion.ShellComplete) -> str:
    """Return click's script; its own method for bash first starts a bash to see how old that is."""
    return kind.source_template % kind.source_vars()
