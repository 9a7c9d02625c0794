"""Every mistake in a configuration file is told in one line: the file, the key, the value, the nearest name."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curatord.config import Settings
from curatord.errors import ConfigurationError, ExitCode
from curatord.settings_file import load, parse

if TYPE_CHECKING:
    from pathlib import Path


def message_for(directory: Path, text: str) -> str:
    """Return what is said about a file with this text, without the file's name."""
    file = directory / "curatord.toml"
    with pytest.raises(ConfigurationError) as caught:
        parse(text.encode(), file)
    lines = caught.value.message.splitlines()
    assert all(line.startswith(str(file)) for line in lines)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return "\n".join(line.removeprefix(f"{file}: ") for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[memory]\nsetle_seconds = 1", "unknown key memory.setle_seconds. Did you mean memory.settle_seconds?"),
        ("[memry]\n", "unknown key memry. Did you mean memory?"),
        ("[shards]\nxyz = 1", "unknown key shards.xyz. Known here: documents."),
        ("[[memory.roots]]\npath = '/a'\nkid = 'x'\nkind = 'episodes'", "unknown key memory.roots[0].kid."),
        ("[[memory.roots]]\npath = '/a'", "memory.roots[0].kind is missing."),
        ("[memory]\nsettle_seconds = 'fast'", 'memory.settle_seconds = "fast": should be a number.'),
        ("[memory]\nsettle_seconds = '1.0'", 'memory.settle_seconds = "1.0": should be a number.'),
        ("[memory]\nmax_bytes = true", "memory.max_bytes = true: should be a whole number."),
        ("[memory]\nmax_bytes = 2.5", "memory.max_bytes = 2.5: should be a whole number."),
        ("[memory]\nmin_characters = -1", "memory.min_characters = -1: should be 0 or more."),
        ("[pairs]\nphrasings = 99", "pairs.phrasings = 99: should be 12 or less."),
        ("[engine]\nseconds = 0", "engine.seconds = 0: should be greater than 0."),
        ("[engine]\nseconds = inf", "engine.seconds = Infinity: should be a finite number."),
        ("[log]\nlevel = 'warn'", "log.level = \"warn\": should be 'debug', 'info', 'warning' or 'error'."),
        ("[log]\nlevel = 'warn'", 'Did you mean "warning"?'),
        ("[[memory.roots]]\npath = '/a'\nkind = 'episode'", 'Did you mean "episodes"?'),
        ("[memory]\nignore = 'INDEX.md'", 'memory.ignore = "INDEX.md": should be a list.'),
        ("[memory]\nignore = [1]", "memory.ignore[0] = 1: should be text in quotes."),
        ("memory = 3", "memory = 3: should be a table."),
        ("[memory.roots]\npath = '/a'", 'memory.roots = {"path": "/a"}: should be a list.'),
        ("[state]\ndir = ''", 'state.dir = "": should name a directory.'),
        ("[state]\ndir = 7", "state.dir = 7: should be a path in quotes."),
        ("[state]\ndir = '~nobody-of-that-name/x'", "~nobody-of-that-name is no known user's home directory."),
        ('[state]\ndir = "a\\u0000b"', "should name a directory."),
        ("[pairs]\nsystem = 2026-01-01", 'pairs.system = "2026-01-01": should be text in quotes.'),
    ],
)
def test_a_mistake_is_told_with_its_key_and_value(tmp_path: Path, text: str, message: str) -> None:
    """The line names what is wrong, where, and what would be right."""
    assert message in message_for(tmp_path, text)


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to run the check again for each."""
    lines = message_for(tmp_path, "[memory]\nmax_bytes = 0\n[log]\nbackups = -1").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["memory.max_bytes", "log.backups"]


def test_a_file_that_is_not_toml_is_told_with_the_line(tmp_path: Path) -> None:
    """The parser knows where it stopped."""
    assert "is not valid TOML" in message_for(tmp_path, "[memory]\nsettle_seconds = = 1")
    assert "line 2" in message_for(tmp_path, "[memory]\nsettle_seconds = = 1")


def test_a_file_that_is_not_utf8_is_not_toml(tmp_path: Path) -> None:
    """TOML is UTF-8 by definition."""
    with pytest.raises(ConfigurationError, match="is not valid TOML"):
        parse(b"\xff\xfe", tmp_path / "curatord.toml")


def test_a_root_inside_another_is_refused(tmp_path: Path) -> None:
    """A note would belong to both, whichever is named first."""
    inner = roots(tmp_path / "notes" / "deep", tmp_path / "notes")
    outer = roots(tmp_path / "notes", tmp_path / "notes" / "deep")
    assert f'memory.roots[1].path = "{tmp_path}/notes" holds {tmp_path}/notes/deep' in message_for(tmp_path, inner)
    assert f'memory.roots[1].path = "{tmp_path}/notes/deep" lies inside' in message_for(tmp_path, outer)


def test_a_root_named_twice_is_refused_even_through_a_link(tmp_path: Path) -> None:
    """Two names for one directory are one root."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "notes")
    assert "is named twice." in message_for(tmp_path, roots(tmp_path / "notes", tmp_path / "link"))


def test_roots_beside_one_another_are_fine(tmp_path: Path) -> None:
    """A common beginning of the names does not make one lie inside the other."""
    text = roots(tmp_path / "notes", tmp_path / "notes-2")
    assert len(parse(text.encode(), tmp_path / "c.toml").memory.roots) == 2


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Only directories are watched."""
    (tmp_path / "note.md").write_text("text")
    assert 'note.md" is not a directory.' in message_for(tmp_path, roots(tmp_path / "note.md"))


def test_a_root_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    """The daemon waits for it."""
    settings = parse(roots(tmp_path / "later").encode(), tmp_path / "c.toml")
    assert settings.memory.roots[0].path == tmp_path / "later"


@pytest.mark.parametrize(("root", "state"), [("state/notes", "state"), ("notes", "notes/state"), ("same", "same")])
def test_notes_and_state_are_kept_apart(tmp_path: Path, root: str, state: str) -> None:
    """What curatord writes must not be read as notes, nor make events without end."""
    text = f"[state]\ndir = '{tmp_path / state}'\n{roots(tmp_path / root)}"
    assert "the state directory" in message_for(tmp_path, text)


def test_the_home_directory_and_variables_are_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both `~` and `$NAME` may stand in a path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NOTES", "my-notes")
    settings = parse(b"[[memory.roots]]\npath = '~/$NOTES'\nkind = 'knowledge'", tmp_path / "c.toml")
    assert settings.memory.roots[0].path == tmp_path / "my-notes"


def test_a_file_that_is_not_there_means_the_defaults_unless_it_was_named(tmp_path: Path) -> None:
    """A typing error in --config must not start a daemon without roots."""
    assert load(tmp_path / "none.toml") == Settings()
    with pytest.raises(ConfigurationError, match=r"There is no configuration file .*none\.toml\."):
        load(tmp_path / "none.toml", must_exist=True)


def test_a_file_that_everyone_can_write_is_refused(tmp_path: Path) -> None:
    """Whoever writes the configuration decides what the daemon reads and where it writes."""
    file = tmp_path / "curatord.toml"
    file.write_text("")
    file.chmod(0o666)
    with pytest.raises(ConfigurationError, match="can be written by everyone") as caught:
        load(file)
    assert caught.value.hint == f"Run `chmod o-w {file}`."


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    """A configuration must be one's own, or root's."""
    file = tmp_path / "curatord.toml"
    file.write_text("")
    os.chown(file, 12345, 12345)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        load(file)


def test_a_directory_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """What cannot be read is a line as well, not a traceback."""
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        load(tmp_path)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_the_reading_fail_otherwise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever stands in the file: settings, or a ConfigurationError."""
    with suppress(ConfigurationError):
        assert isinstance(parse(data, tmp_path_factory.getbasetemp() / "c.toml"), Settings)


def roots(*paths: Path) -> str:
    """Return a configuration with these roots."""
    return "".join(f"[[memory.roots]]\npath = '{path}'\nkind = 'knowledge'\n" for path in paths)
