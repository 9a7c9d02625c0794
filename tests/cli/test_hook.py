"""`curatord hook`: what it prints is what another program can run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live import Live


def printed(live: Live, *words: str) -> dict[str, Any]:
    """Return the one hook that is printed for the end of a session."""
    answer = orjson.loads(live.command("hook", "post-explorer", *words).stdout)
    (entry,) = answer["hooks"]["post_explorer"]
    return dict(entry)


def test_the_printed_hook_run_as_it_stands_hands_over_what_was_written(live: Live) -> None:
    """In a bare environment, by its own working directory, within its own time."""
    entry = printed(live)
    (live.memory / "tide.md").write_text("# Tide gauge\n\nThe tide gauge at the north pier samples every 6 minutes.\n")
    bare = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    done = subprocess.run(
        entry["command"], cwd=entry["cwd"], timeout=entry["timeout"], env=bare, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    try:
        assert live.json("pairs", "list", "--document", "tide.md")["total"] > 0
    finally:
        (live.memory / "tide.md").unlink()
        live.sync()


def test_the_hook_has_a_name_a_command_a_directory_and_more_time_than_its_command(live: Live) -> None:
    """The command comes to its own end first, and says why."""
    entry = printed(live, "--timeout", "45")
    assert entry.keys() == {"name", "command", "cwd", "timeout"}
    assert entry["command"][-4:] == ["sync", "--wait", "--timeout", "45"]
    assert entry["command"][-6:-4] == ["--config", str(live.config)]
    assert entry["timeout"] > 45
    assert entry["cwd"] == str(live.memory)


def test_the_interpreter_is_named_by_its_whole_path_and_trusts_no_note(live: Live) -> None:
    """A Python file that lies in the memory root is not imported."""
    entry = printed(live)
    (live.memory / "orjson.py").write_text("raise SystemExit(66)\n")
    (live.memory / "click.py").write_text("raise SystemExit(66)\n")
    try:
        done = subprocess.run(entry["command"], cwd=entry["cwd"], capture_output=True, check=False)
    finally:
        (live.memory / "orjson.py").unlink()
        (live.memory / "click.py").unlink()
    assert os.path.isabs(entry["command"][0])  # noqa: PTH117  a text is looked at
    assert done.returncode == 0, done.stderr


def test_json_is_the_form_in_any_case(live: Live) -> None:
    """With --json and without."""
    assert printed(live) == printed(live, "--json")


def test_the_usual_configuration_is_not_named(tmp_path: Path, still: Live) -> None:
    """So that the hook goes on to work when the place of it is decided elsewhere."""
    from curatord.cli.program import program  # noqa: PLC0415  this test alone looks inside
    from curatord.cli.setup import Setup  # noqa: PLC0415  see above

    before = os.environ.pop("CURATORD_CONFIG", None)
    try:
        assert "--config" not in program(Setup())
        os.environ["CURATORD_CONFIG"] = str(still.config)
        assert program(Setup())[-2:] == ("--config", str(still.config))
        assert program(Setup(str(tmp_path / "other.toml")))[-2:] == ("--config", str(tmp_path / "other.toml"))
    finally:
        os.environ.pop("CURATORD_CONFIG", None)
        if before is not None:
            os.environ["CURATORD_CONFIG"] = before


def test_without_memory_roots_there_is_no_hook(still: Live) -> None:
    """Exit code 5, and what to do."""
    still.config.write_text(f'[state]\ndir = "{still.state}"\n')
    done = still.command("hook", "post-explorer", check=False)
    assert done.returncode == 5
    assert done.stderr == ("curatord: No memory roots are configured. Add [[memory.roots]] to the configuration.\n")


def test_a_memory_of_episodes_alone_is_a_place_to_run_in(still: Live) -> None:
    """The first root there is."""
    still.config.write_text(still.config.read_text().replace('kind = "knowledge"', 'kind = "episodes"'))
    assert printed(still)["cwd"] == str(still.memory)
