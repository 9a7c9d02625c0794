"""Commands where no daemon runs: exit codes, messages, and what works all the same. Each is a real process."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import click
import orjson
import pytest
from click.testing import CliRunner

from curatord import __version__
from curatord.cli import curatord as command_line
from curatord.config_template import render
from tests.cli.conftest import NOTE
from tests.live import CURATORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live import Live


def curatord(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line without a configuration."""
    return subprocess.run(
        [*CURATORD, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | (environment or {}),
    )


def test_the_versions_are_told() -> None:
    """The program's own comes first, for scripts that want no more; then those of what matters."""
    first, *others = curatord("--version").stdout.splitlines()
    assert first == f"curatord {__version__}"
    assert [line[:11].strip() for line in others] == ["python", "platform", "mlx", "mlx-lm", "sqlite", "base model"]


def test_the_base_model_of_the_versions_is_the_configured_one(still: Live) -> None:
    """A configuration may be named before it."""
    still.config.write_text(still.config.read_text() + '\n[training]\nbase = "owner/model"\n')
    assert still.command("--version").stdout.endswith("base model owner/model\n")


@pytest.mark.parametrize(
    "words", [["nonsense"], ["status", "--nonsense"], ["pairs", "show"], ["sync", "--timeout", "x"]]
)
def test_a_command_that_is_not_understood_exits_with_2(still: Live, words: list[str]) -> None:
    """Usage goes to standard error."""
    done = still.command(*words, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: curatord")
    assert done.stdout == ""


@pytest.mark.parametrize(
    "words",
    [["status"], ["status", "--json"], ["sync"], ["stop"], ["reload"], ["pairs", "list"], ["problems"], ["events"]],
)
def test_without_a_daemon_commands_exit_with_3_and_say_how_to_start_one(still: Live, words: list[str]) -> None:
    """One line on standard error, nothing on standard output."""
    done = still.command(*words, check=False)
    assert done.returncode == 3
    assert done.stderr == "curatord: curatord is not running. Start it with `curatord run`.\n"
    assert done.stdout == ""


@pytest.mark.parametrize("words", [["run"], ["build"], ["config", "check"], ["config", "show"], ["export", "--format"]])
def test_a_broken_configuration_exits_with_5(still: Live, words: list[str]) -> None:
    """One line names file, key, and the nearest name."""
    still.config.write_text("[memory]\nsetle_seconds = 1\n")
    if words[-1] == "--format":
        words = [*words, "trl", "--out", str(still.directory / "out")]
    done = still.command(*words, check=False)
    assert done.returncode == 5
    expected = f"{still.config}: unknown key memory.setle_seconds. Did you mean memory.settle_seconds?"
    assert done.stderr == f"curatord: {expected}\n"


def test_a_configuration_that_was_named_must_be_there(still: Live) -> None:
    """A typing error must not talk to, or start, another daemon."""
    still.config.unlink()
    for words in (["status"], ["run"], ["config", "check"]):
        done = still.command(*words, check=False)
        assert done.returncode == 5
        assert "There is no configuration file" in done.stderr


def test_a_configuration_that_is_not_toml_is_told_to_every_command(still: Live) -> None:
    """Even those that need no more of it than the state directory."""
    still.config.write_text("][")
    done = still.command("status", check=False)
    assert done.returncode == 5
    assert "curatord config check" in done.stderr


def test_a_state_directory_that_may_not_be_made_exits_with_6(still: Live) -> None:
    """Permission, or a file in the way."""
    (still.directory / "file").write_text("")
    still.config.write_text(f'[state]\ndir = "{still.directory}/file/state"\n')
    done = still.command("build", check=False)
    assert done.returncode == 6
    assert "cannot be made" in done.stderr


def test_checking_a_right_configuration_says_so(still: Live) -> None:
    """With the number of roots."""
    done = still.command("config", "check")
    assert done.stdout == f"{still.config} is right: 2 memory roots.\n"


def test_checking_names_roots_that_are_not_there(still: Live) -> None:
    """`run` would wait for them; a script wants to know."""
    (still.directory / "episodes").rmdir()
    done = still.command("config", "check", check=False)
    assert done.returncode == 5
    assert f"memory.roots[1].path = '{still.directory}/episodes' is not there." in done.stderr


def test_showing_the_configuration_gives_toml_that_says_the_same(still: Live) -> None:
    """The effective settings, defaults included, can be a configuration themselves."""
    shown = still.command("config", "show").stdout
    content = tomllib.loads(shown)
    assert content["memory"]["settle_seconds"] == 0.1
    assert content["state"]["dir"] == str(still.state)
    assert content == still.json("config", "show")
    still.config.write_text(shown)
    assert still.command("config", "show").stdout == shown


def test_showing_the_defaults_gives_the_commented_template(still: Live) -> None:
    """To start a configuration from."""
    assert still.command("config", "show", "--defaults").stdout == render()


def test_the_path_of_the_configuration_follows_option_variable_and_platform(still: Live) -> None:
    """In this order."""
    assert still.command("config", "path").stdout == f"{still.config}\n"
    done = curatord("config", "path", environment={"CURATORD_CONFIG": "/elsewhere/c.toml"})
    assert done.stdout == "/elsewhere/c.toml\n"


def test_building_without_a_daemon_prints_the_summary_of_the_status(still: Live) -> None:
    """Then exits; the shards are there."""
    (still.memory / "cold-store.md").write_text(NOTE)
    status = still.json("build")
    assert (status["state"], status["documents"]) == ("ready", 1)
    assert status["pairs"]["sft"] == still.manifest()["pairs"]["sft"] > 0
    assert "1 notes" in still.command("build").stdout


def test_building_names_roots_that_are_not_there(still: Live) -> None:
    """In a script a missing directory is a mistake; its notes are not forgotten."""
    (still.directory / "episodes").rmdir()
    done = still.command("build", check=False)
    assert done.returncode == 5
    assert str(still.directory / "episodes") in done.stderr


def test_exporting_works_without_a_daemon(still: Live) -> None:
    """It reads the store itself."""
    (still.memory / "cold-store.md").write_text(NOTE)
    still.command("build")
    summary = still.json("export", "--format", "mlx-lm-lora", "--out", str(still.directory / "out"))
    assert {file["path"] for file in summary["files"]} >= {"sft/train.jsonl", "preference/train.jsonl"}
    for file in summary["files"]:
        written = (still.directory / "out" / file["path"]).read_bytes()
        assert (len(written.splitlines()), len(written)) == (file["rows"], file["bytes"])


def test_exporting_before_anything_was_built_is_one_line(still: Live) -> None:
    """With what to do first."""
    done = still.command("export", "--format", "trl", "--out", str(still.directory / "out"), check=False)
    assert done.returncode == 1
    assert "Run `curatord run` or `curatord build` first." in done.stderr


def leaves(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that is no group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, *above, name)
        else:
            yield (*above, name)


def test_every_command_has_help_with_an_example() -> None:
    """What it does, its options, and a line to copy, which calls that very command."""
    for words in leaves(command_line):
        result = CliRunner().invoke(command_line, [*words, "--help"])
        assert result.exit_code == 0
        assert "--help" in result.output
        example = " ".join(result.output.partition("Example: ")[2].partition("\n\n")[0].split())
        options = r"(--\w+ (?!-)\S+ )*"
        assert re.search(rf"curatord {options}{' '.join(words)}\b", example), (words, example)


def test_every_example_is_one_that_the_command_understands() -> None:
    """Its words and options are known; what stands behind a pipe or a redirection is the shell's."""
    for words in leaves(command_line):
        result = CliRunner().invoke(command_line, [*words, "--help"], terminal_width=1000)
        example = re.search(r"Example: .*?(curatord .*)", result.output)
        assert example is not None, words
        line = re.split(r" [|>&;] ?|\)|\"\$", example[1])[0]
        command: click.Command = command_line
        for word in shlex.split(line, comments=True)[1:]:
            if isinstance(command, click.Group) and (found := command.get_command(click.Context(command), word)):
                command = found
            elif word.startswith("--"):
                known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
                assert word.partition("=")[0] in known, (words, line)


def test_a_reader_that_goes_away_is_no_error(still: Live) -> None:
    """`curatord config show --defaults | head` prints no traceback."""
    script = f"{' '.join(CURATORD)} --config {still.config} config show --defaults | true"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_package_runs_as_a_module() -> None:
    """`python -m curatord`."""
    done = subprocess.run([sys.executable, "-m", "curatord", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "confirm-deletes" in done.stdout


def test_json_in_a_pipe_is_one_line(still: Live) -> None:
    """So that line-wise tools can read it."""
    text = still.command("config", "show", "--json").stdout
    assert text.count("\n") == 1
    assert orjson.loads(text)["log"]["backups"] == 3


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("run", "curatord.lock"),
        ("run", "store.db"),
        ("build", "curatord.lock"),
        ("build", "store.db"),
        ("build", "shards"),
    ],
)
def test_what_stands_in_the_way_in_the_state_directory_is_one_line(still: Live, command: str, name: str) -> None:
    """A directory for a file, or a file for a directory: told by its name, without a traceback."""
    if name == "shards":
        still.state.mkdir()
        (still.state / name).write_text("in the way")
    else:
        (still.state / name).mkdir(parents=True)
    done = still.command(command, check=False)
    assert done.returncode == 1
    assert name in done.stderr
    assert done.stderr.count("\n") == 1


def test_exporting_from_a_damaged_store_is_one_line(still: Live) -> None:
    """It says what to do, as everything in the store is made from the notes."""
    still.state.mkdir()
    (still.state / "store.db").write_text("no database")
    done = still.command("export", "--format", "trl", "--out", str(still.directory / "out"), check=False)
    assert done.returncode == 1
    assert "move it away" in done.stderr
    assert done.stderr.count("\n") == 1
