"""The repository itself: what stands at its top, what its scripts offer, what its documents promise."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from curatord.errors import ExitCode

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
TOP_LEVEL = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "curatord",
    "etc",
    "launchd",
    "pyproject.toml",
    "tests",
}


def test_nothing_else_stands_at_the_top_level() -> None:
    """The house has these rooms and no others; what git ignores does not count."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert {name.split("/")[0] for name in listed.split("\0") if name} <= TOP_LEVEL


def test_the_ci_script_can_be_executed() -> None:
    """`.ci/run` is a program, as a clean checkout has it."""
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)


def test_the_ci_script_is_valid_bash() -> None:
    """A typing error in it shows before anything is installed."""
    subprocess.run(["bash", "-n", str(REPOSITORY / ".ci" / "run")], check=True)


def test_make_alone_lists_the_commands_of_the_makefile() -> None:
    """Every target meant for people has its line of help."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(
        ["make", "-C", str(REPOSITORY), "--no-print-directory"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout

    targets = {"demo", "run", "test", "test-fast", "faults", "lint", "bench", "uptake", "wheel", "clean"} | {
        "lock",
        "help",
    }
    assert {line.split()[1] for line in shown.splitlines()} == targets
    assert set(re.findall(r"^\.PHONY: (\S+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)) == targets


def test_make_without_a_suitable_python_says_which_is_needed(tmp_path: Path) -> None:
    """No Python at all is one clear line, not a shell's error."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)

    done = subprocess.run(
        ["make", ".venv/bin/python", "PYTHON=no-such-python"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.startswith("curatord needs Python 3.11 to 3.14")


def test_make_with_a_python_that_lacks_venv_names_the_package(tmp_path: Path) -> None:
    """Debian ships Python without ensurepip; the way out is printed."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    bare = tmp_path / "bare-python"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo python3.12;; esac\n')
    bare.chmod(0o755)

    done = subprocess.run(
        ["make", ".venv/bin/python", f"PYTHON={bare}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "sudo apt-get install python3.12-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_readme_is_short() -> None:
    """It is read to the end."""
    assert len(README.splitlines()) <= 320


def commands_in_the_readme() -> list[str]:
    """Return every `curatord ...` of the README: in code spans and in indented code."""
    spans = re.findall(r"`(curatord [^`\n]+)`", README)
    blocks = re.findall(r"^    (curatord .+)$", README, re.MULTILINE)
    return sorted({*spans, *blocks})


@pytest.mark.parametrize("line", commands_in_the_readme())
def test_a_command_of_the_readme_exists(line: str) -> None:
    """Each command and each of its long and short options is one the program knows."""
    from curatord.cli import curatord as group  # noqa: PLC0415  only this test needs the command line's imports

    command: click.Command = group
    context = click.Context(command)
    for word in shlex.split(line, comments=True)[1:]:
        if word.startswith("-"):
            assert word in {name for option in command.params for name in option.opts}, f"{word} in {line}"
        elif isinstance(command, click.Group):
            found = command.get_command(context, word)
            assert found is not None, f"{word} in {line}"
            command = found


def test_the_readme_tells_every_exit_code() -> None:
    """The table holds the codes that the program uses, and no other."""
    table = README.split("## Exit codes")[1].split("\n## ")[0]

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {code.value for code in ExitCode}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_document_links_only_to_files_that_exist(name: str) -> None:
    """No relative link is dead."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")

    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in target or (REPOSITORY / target).exists(), target


@pytest.mark.parametrize("kind", ["knowledge", "episodes"])
def test_the_sample_memory_has_notes_of_both_kinds(kind: str) -> None:
    """Each is long enough to say something and short enough to be read."""
    notes = sorted((REPOSITORY / "etc" / "sample-memory" / kind).glob("*.md"))

    assert len(notes) >= 5
    for note in notes:
        assert 150 <= len(note.read_text(encoding="utf-8").split()) <= 350, note.name
