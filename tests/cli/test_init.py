"""`curatord init`: real processes, on homes of their own."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from curatord.config_template import render
from curatord.resources import resource
from curatord.settings_file import load
from tests.cli.terminal import talk
from tests.live import CURATORD

SAMPLE = resource("etc/sample-memory")


class Home:
    """A home directory, and commands run in it."""

    def __init__(self, path: Path) -> None:
        """Have nothing in it."""
        self.path = path
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(path),
            "XDG_CONFIG_HOME": str(path / ".config"),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        (path / "work").mkdir(parents=True)

    @property
    def config(self) -> Path:
        """Where the configuration belongs."""
        words = [*CURATORD, "config", "path"]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=self.environment)
        return Path(done.stdout.strip())

    def notes(self, place: str, kind: str = "knowledge", *names: str) -> Path:
        """Put notes of the sample into a directory."""
        directory = self.path / place
        directory.mkdir(parents=True, exist_ok=True)
        for name in names or ("cold-store.md",):
            shutil.copy(SAMPLE / kind / name, directory)
        return directory

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `curatord WORDS` away from any terminal."""
        return subprocess.run(
            [*CURATORD, *words],
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.path / "work",
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    def init(self, *words: str) -> dict[str, object]:
        """Run `curatord init --json` and return what it told."""
        done = self.run("init", "--json", *words)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, for this process too, which reads what was written."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def roots(file: Path) -> list[tuple[Path, str]]:
    """Return the memory roots of a configuration, read as the daemon reads it."""
    return [(root.path, root.kind.value) for root in load(file, must_exist=True).memory.roots]


def test_named_directories_are_written_into_a_commented_configuration(home: Home) -> None:
    """Relative to the working directory or not; each with its kind; nothing else is looked for."""
    home.notes("agent/.codex/memories")
    home.notes("work/facts")
    home.notes("diary", "episodes", "2025-03-30-double-loans.md")

    told = home.init("--knowledge", "facts", "--episodes", "~/diary")

    assert told["written"] is True
    assert roots(home.config) == [(home.path / "work/facts", "knowledge"), (home.path / "diary", "episodes")]
    assert '\npath = "~/diary"\n' in home.config.read_text()
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o600


def test_the_configuration_is_the_template_and_the_roots(home: Home) -> None:
    """So that it stays in step with the settings."""
    home.notes("notes")
    home.init("--knowledge", "~/notes")
    expected = render([{"path": "~/notes", "kind": "knowledge"}])
    assert home.config.read_text() == expected
    assert "# Seconds of quiet before changes are read." in expected


def test_yes_takes_the_memories_of_agents_and_leaves_the_notes_of_people(home: Home) -> None:
    """What people wrote for other ends is theirs to name."""
    home.notes(".claude/projects/-src-a/memory")
    home.notes("vault/.obsidian").parent.joinpath("note.md").write_text("# A note\n")

    told = home.init("--yes")

    assert roots(home.config) == [(home.path / ".claude/projects/-src-a/memory", "knowledge")]
    assert isinstance(told["places"], list)
    assert {place["path"]: place["chosen"] for place in told["places"]} == {
        str(home.path / ".claude/projects/-src-a/memory"): True,
        str(home.path / "vault"): False,
    }


def test_what_each_place_would_give_is_what_it_then_gives(home: Home) -> None:
    """Counted by really reading the notes."""
    home.notes("notes", "knowledge", "cold-store.md", "germination-test.md")
    told = home.init("--knowledge", "~/notes")
    assert isinstance(told["places"], list)
    (place,) = told["places"]

    status = json.loads(home.run("build", "--json").stdout)

    assert (place["notes"], place["curated"], place["facts"]) == (2, status["documents"], status["facts"])
    assert place["facts"] > 10


def test_a_configuration_is_never_overwritten(home: Home) -> None:
    """Whatever is asked for; the error says what can be done."""
    home.notes("notes")
    home.config.parent.mkdir(parents=True)
    home.config.write_text("# mine\n")
    for words in (["--knowledge", "~/notes"], ["--yes"], ["--yes", "--json"]):
        done = home.run("init", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"curatord: {home.config} is there already. Edit it, or ")
    assert home.config.read_text() == "# mine\n"


def test_a_dangling_link_counts_as_a_configuration(home: Home) -> None:
    """Writing through it would make a file that somebody else has placed."""
    home.notes("notes")
    home.config.parent.mkdir(parents=True)
    home.config.symlink_to(home.path / "elsewhere.toml")
    assert home.run("init", "--knowledge", "~/notes").returncode == 1
    assert not (home.path / "elsewhere.toml").exists()


def test_a_dry_run_prints_the_configuration_and_writes_nothing(home: Home) -> None:
    """Also where there is one already."""
    home.notes(".codex/memories")
    done = home.run("init", "--dry-run")
    assert tomllib.loads(done.stdout)["memory"]["roots"] == [{"path": "~/.codex/memories", "kind": "knowledge"}]
    assert not home.config.exists()
    home.config.parent.mkdir(parents=True)
    home.config.write_text("# mine\n")
    assert home.run("init", "--dry-run").stdout == done.stdout


def test_another_configuration_file_can_be_named(home: Home) -> None:
    """Then the next steps name it too."""
    home.notes("notes")
    other = home.path / "other.toml"
    done = home.run("--config", str(other), "init", "--knowledge", "~/notes")
    assert roots(other) == [(home.path / "notes", "knowledge")]
    for step in ("install", "run", "doctor", "status"):
        assert f"curatord --config {other} {step} " in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "Which directories should be watched? Name them with --knowledge and --episodes, or say --yes."),
        (["--knowledge", "/no/such/place"], 2, "There is no directory /no/such/place. Make it first: mkdir -p"),
        (["--yes"], 1, "No memory of an agent and no notes were found in the usual places. Name a directory"),
        (["--knowledge", "~/work", "--episodes", "~/work"], 5, "is named twice."),
        (["--knowledge", "~"], 5, "holds the state directory"),
    ],
)
def test_what_cannot_be_watched_is_told_and_nothing_is_written(
    home: Home, words: list[str], code: int, message: str
) -> None:
    """One line each, with what to do."""
    done = home.run("init", *words)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not home.config.exists()


def test_only_what_people_wrote_is_not_taken_without_a_word(home: Home) -> None:
    """The error names what was found, to be named."""
    home.notes("vault/.obsidian")
    done = home.run("init", "--yes")
    assert done.returncode == 1
    assert str(home.path / "vault") in done.stderr


def test_a_path_that_a_configuration_would_read_otherwise_is_refused(home: Home) -> None:
    """`$HOME` in a directory's own name is no variable."""
    home.notes("work/$HOME")
    done = home.run("init", "--knowledge", "$HOME")
    assert done.returncode == 2
    assert "cannot be written in a configuration" in done.stderr


def test_odd_characters_in_a_path_survive(home: Home) -> None:
    """Quotes, backslashes, spaces and letters beyond ASCII."""
    odd = home.notes('work/a "b" \\ ünï c#')
    home.init("--knowledge", str(odd))
    assert roots(home.config) == [(odd, "knowledge")]


def test_on_a_terminal_the_questions_lead_to_a_configuration(home: Home) -> None:
    """Numbers choose among what was found, a directory can be added, mistakes are asked again."""
    home.notes(".codex/memories")
    home.notes("vault/.obsidian")
    home.notes("vault")
    home.notes("diary", "episodes", "2025-03-30-double-loans.md")

    code, text = talk(
        [*CURATORD, "init"],
        [
            ("Watch which of them? (numbers, all, none) [1]: ", "7"),
            ("these are numbers from 1 to 2", "1,2"),
            ("Another directory? (Enter: no): ", "/no/such/place"),
            ("there is no directory /no/such/place", "~/diary"),
            ("Does it hold knowledge", "episodes"),
            ("Another directory? (Enter: no): ", ""),
        ],
        environment=home.environment,
        directory=home.path / "work",
    )

    assert code == 0, text
    assert "Obsidian vault vault" in text
    assert "diary: 1 notes, " in text
    assert "curatord install" in text
    assert roots(home.config) == [
        (home.path / ".codex/memories", "knowledge"),
        (home.path / "vault", "knowledge"),
        (home.path / "diary", "episodes"),
    ]


def test_enter_takes_what_is_proposed(home: Home) -> None:
    """The shortest way through."""
    home.notes(".codex/memories")
    code, text = talk(
        [*CURATORD, "init"],
        [("(numbers, all, none) [1]: ", ""), ("Another directory? (Enter: no): ", "")],
        environment=home.environment,
        directory=home.path / "work",
    )
    assert code == 0, text
    assert roots(home.config) == [(home.path / ".codex/memories", "knowledge")]


def test_ctrl_c_at_a_question_leaves_nothing_behind(home: Home) -> None:
    """And exits as every interrupted command does."""
    home.notes(".codex/memories")
    code, _ = talk(
        [*CURATORD, "init"], [("(numbers, all, none) [1]: ", "\x04")], environment=home.environment, directory=home.path
    )
    assert code == 130
    assert not home.config.exists()
