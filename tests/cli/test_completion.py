"""`curatord completion`: what is printed works in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import CURATORD


def script(shell: str) -> str:
    """Return what is printed for a shell."""
    return subprocess.run([*CURATORD, "completion", shell], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A search path on which `curatord` is this checkout's."""
    program = tmp_path / "curatord"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m curatord "$@"\n')
    program.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["statu"], "status"),
        (["pairs", "sta"], "stats"),
        (["status", "--wa"], "--watch"),
        (["completion", "fi"], "fish"),
        (["nonsense", "x"], ""),
    ],
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_commands_options_and_values(path: str, words: list[str], expected: str) -> None:
    """The function that the script defines is called as bash calls it."""
    program = (
        f"{script('bash')}\nCOMP_WORDS=(curatord {' '.join(words)}); COMP_CWORD={len(words)};"
        ' _curatord_completion curatord; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout.strip() == expected


@pytest.mark.parametrize(("shell", "variables"), [("zsh", {}), ("fish", {"COMP_WORDS": "curatord sta"})])
def test_the_program_answers_the_other_shells_too(path: str, shell: str, variables: dict[str, str]) -> None:
    """In the form that their scripts expect."""
    asked = {"COMP_WORDS": "curatord sta", "COMP_CWORD": "sta" if shell == "fish" else "1"}
    done = subprocess.run(
        ["curatord"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {"PATH": path, "PYTHONPATH": str(Path(__file__).parents[2]), "_CURATORD_COMPLETE": f"{shell}_complete"}
        | asked
        | variables,
    )
    assert "status" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_tells_how_to_install_it_and_is_one_that_the_shell_understands(shell: str, tmp_path: Path) -> None:
    """The shell's own parser judges, where it is installed; zsh knows a completion by its first line."""
    text = script(shell)
    assert f"curatord completion {shell} > ~/" in text
    assert text.startswith("#compdef curatord\n#" if shell == "zsh" else "# Completion of curatord")
    if shutil.which(shell):
        (tmp_path / "script").write_text(text)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_another_shell_is_a_mistake() -> None:
    """With the ones there are."""
    done = subprocess.run([*CURATORD, "completion", "tcsh"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
