"""The usual places of memories: found by what stands in a home directory, without reading a note."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from curatord.memory.document import Kind
from curatord.memory.places import Place, Surroundings, usual_places

if TYPE_CHECKING:
    from pathlib import Path

K, E = Kind.KNOWLEDGE, Kind.EPISODES


def make(base: Path, *names: str) -> None:
    """Make directories, and files where a name has a suffix or begins with a dot and ends with `!`."""
    for name in names:
        path = base / name
        if path.suffix in {".md", ".yml", ".edn", ".json"}:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("# A note\n")
        else:
            path.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def look(home: Path, here: Path | None = None, variables: dict[str, str] | None = None) -> list[Place]:
    """Look in a home directory."""
    return list(usual_places(Surroundings(home, here or home / "no-such-directory", variables or {})))


def found(
    home: Path, here: Path | None = None, variables: dict[str, str] | None = None
) -> dict[str, tuple[Kind, bool]]:
    """Return what is found by its path below the home directory: its kind, and whether it is proposed."""
    return {str(one.path.relative_to(home)): (one.kind, one.proposed) for one in look(home, here, variables)}


def test_an_empty_home_has_no_places(home: Path) -> None:
    """And nothing is made there."""
    assert look(home) == []
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            [".claude/projects/-src-a/memory", ".claude/projects/-src-b/memory", ".claude/projects/-src-c"],
            {".claude/projects/-src-a/memory": (K, True), ".claude/projects/-src-b/memory": (K, True)},
        ),
        ([".claude/agent-memory"], {".claude/agent-memory": (K, True)}),
        ([".claude/CLAUDE.md"], {".claude": (K, False)}),
        ([".codex/memories"], {".codex/memories": (K, True)}),
        ([".codex/sessions"], {}),
        (
            [".local/share/cl-go/memory/knowledge", ".local/share/cl-go/memory/episodes"],
            {".local/share/cl-go/memory/knowledge": (K, True), ".local/share/cl-go/memory/episodes": (E, True)},
        ),
        (
            [".openclaw/workspace/memory", ".openclaw/workspace/MEMORY.md"],
            {".openclaw/workspace/memory": (E, True), ".openclaw/workspace": (K, False)},
        ),
        ([".openclaw/workspace-work/MEMORY.md"], {".openclaw/workspace-work": (K, True)}),
        ([".openclaw-dev/workspace/memory"], {".openclaw-dev/workspace/memory": (E, True)}),
        (["clawd/memory"], {"clawd/memory": (E, True)}),
        (["memory"], {"memory": (K, True)}),
        (["memory/knowledge", "memory/episodes"], {"memory/knowledge": (K, True), "memory/episodes": (E, True)}),
        (["basic-memory"], {"basic-memory": (K, True)}),
        (["brain/.obsidian"], {"brain": (K, False)}),
        (["Documents/Work/.obsidian"], {"Documents/Work": (K, False)}),
        (["garden/.foam"], {"garden": (K, False)}),
        (["zettel/.zk"], {"zettel": (K, False)}),
        (["dendron/dendron.yml"], {"dendron": (K, False)}),
        (
            ["graph/logseq/config.edn", "graph/pages", "graph/journals"],
            {"graph/pages": (K, False), "graph/journals": (E, False)},
        ),
        (["notes/2026/plan.md"], {"notes": (K, False)}),
        (["notes/picture"], {}),
        (["Documents/Notes/plan.md"], {"Documents/Notes": (K, False)}),
    ],
)
def test_each_usual_place_is_recognized(home: Path, made: list[str], expected: dict[str, tuple[Kind, bool]]) -> None:
    """By its name or its mark; agents' memories are proposed, what people wrote is left to them."""
    make(home, *made)
    assert found(home) == expected


def test_directories_are_looked_for_where_variables_say(home: Path) -> None:
    """An agent that was told to keep its memory elsewhere keeps it there."""
    make(home, "c/projects/p/memory", "x/memories", "d/cl-go/memory/knowledge", "o/workspace/memory", "w/MEMORY.md")
    variables = {
        "CLAUDE_CONFIG_DIR": f"{home}/c",
        "CODEX_HOME": f"{home}/x",
        "XDG_DATA_HOME": f"{home}/d",
        "OPENCLAW_STATE_DIR": f"{home}/o",
        "OPENCLAW_WORKSPACE_DIR": f"{home}/w",
    }
    assert set(found(home, None, variables)) == {
        "c/projects/p/memory",
        "x/memories",
        "d/cl-go/memory/knowledge",
        "o/workspace/memory",
        "w",
    }


def test_vaults_in_obsidians_own_list_are_found_wherever_they_are(home: Path, tmp_path: Path) -> None:
    """One that is gone is left out."""
    make(tmp_path, "far/away/vault/.obsidian")
    make(home, ".config/obsidian")
    vaults = {"a": {"path": f"{tmp_path}/far/away/vault"}, "b": {"path": f"{tmp_path}/gone"}}
    (home / ".config/obsidian/obsidian.json").write_text(json.dumps({"vaults": vaults}))
    assert [place.path for place in look(home)] == [tmp_path / "far/away/vault"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"vaults": 3}', '{"vaults": {"a": 1}}', '{"vaults": {"a": {"path": 1}}}']
)
def test_a_list_of_vaults_that_is_not_as_expected_tells_nothing(home: Path, content: str) -> None:
    """It is another program's file."""
    make(home, ".config/obsidian")
    (home / ".config/obsidian/obsidian.json").write_text(content)
    assert look(home) == []


def test_the_working_directory_is_looked_at_too(home: Path) -> None:
    """A project may keep its memory with its code."""
    make(home, "src/p/memory", "src/p/.serena/memories", "src/p/memory-bank")
    assert set(found(home, home / "src/p")) == {"src/p/memory", "src/p/.serena/memories", "src/p/memory-bank"}


def test_a_place_is_told_once(home: Path) -> None:
    """Also where two rules, or a symbolic link, lead to it."""
    make(home, "memory", "vault/.obsidian")
    (home / "linked").symlink_to(home / "vault")
    assert set(found(home, home)) in ({"memory", "linked"}, {"memory", "vault"})


def test_what_holds_the_home_directory_is_no_place(home: Path) -> None:
    """Whoever has made a vault of all of it must name the directories they mean."""
    make(home, ".obsidian")
    make(home.parent, ".obsidian")
    assert look(home, home) == []
    assert look(home, home.parent) == []


def test_what_is_proposed_does_not_lie_inside_one_another(home: Path) -> None:
    """A note would belong to both."""
    make(home, "memory", "memory/memory", ".openclaw/workspace/memory")
    (home / "clawd").symlink_to(home / ".openclaw/workspace/memory")
    proposed = [place.path.resolve() for place in look(home, home / "memory") if place.proposed]
    assert proposed
    assert not [(a, b) for a in proposed for b in proposed if a is not b and a.is_relative_to(b)]


def test_a_directory_that_may_not_be_read_is_passed_over(unprivileged_root: Path) -> None:
    """The others are found all the same."""
    make(unprivileged_root, ".codex/memories", "Documents/vault/.obsidian")
    (unprivileged_root / "Documents").chmod(0)
    assert set(found(unprivileged_root)) == {".codex/memories"}
