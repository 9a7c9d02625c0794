"""Where things are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from curatord.errors import AccessError, ConfigurationError
from curatord.paths import (
    SOCKET_PATH_LIMIT,
    StateDirectory,
    config_file,
    peek_state_directory,
    salvage_state_directory,
    state_directory,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_configuration_is_the_one_chosen_then_the_variable_then_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config` beats `$CURATORD_CONFIG`, which beats the default place."""
    monkeypatch.setenv("CURATORD_CONFIG", str(tmp_path / "variable.toml"))
    assert config_file(str(tmp_path / "chosen.toml")) == tmp_path / "chosen.toml"
    assert config_file(None) == tmp_path / "variable.toml"
    monkeypatch.delenv("CURATORD_CONFIG")
    assert config_file(None).name == "curatord.toml"


def test_peeking_reads_the_state_directory_of_an_otherwise_broken_file(tmp_path: Path) -> None:
    """A client finds the running daemon even while the configuration has a mistake elsewhere."""
    (tmp_path / "c.toml").write_text(f'[state]\ndir = "{tmp_path}/s"\n[memroy]\n')
    assert peek_state_directory(tmp_path / "c.toml").path == tmp_path / "s"


def test_peeking_at_what_is_not_toml_is_a_configuration_error(tmp_path: Path) -> None:
    """With no idea where the state is, there is nothing to ask."""
    (tmp_path / "c.toml").write_text("[state")
    with pytest.raises(ConfigurationError):
        peek_state_directory(tmp_path / "c.toml")


@pytest.mark.parametrize("rest", ["[[[", "[memory]\nx = ", "= 3"])
def test_a_file_that_is_no_toml_still_tells_where_its_daemon_is(tmp_path: Path, rest: str) -> None:
    """The table that matters is read by itself."""
    (tmp_path / "c.toml").write_text(f'{rest}\n[state]\ndir = "{tmp_path}/s"  # here\n{rest}')
    found = salvage_state_directory(tmp_path / "c.toml")
    assert found is None if rest == "= 3" else found == StateDirectory(tmp_path / "s")


def test_a_file_that_is_no_toml_and_names_no_state_means_the_platforms(tmp_path: Path) -> None:
    """Most users name none; where a name may be hidden in the mistake, nothing is guessed."""
    (tmp_path / "c.toml").write_text("[memory\n")
    assert salvage_state_directory(tmp_path / "c.toml") == state_directory(None)
    (tmp_path / "c.toml").write_text("[state\ndir = 'x'\n")
    assert salvage_state_directory(tmp_path / "c.toml") is None


def test_nesting_without_end_is_a_configuration_error(tmp_path: Path) -> None:
    """Not a traceback."""
    (tmp_path / "c.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigurationError):
        peek_state_directory(tmp_path / "c.toml")


def test_a_home_and_variables_in_the_path_are_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` and `$VARIABLE` mean what they mean in a shell."""
    monkeypatch.setenv("PLACE", str(tmp_path))
    (tmp_path / "c.toml").write_text('[state]\ndir = "$PLACE/s"\n')
    assert peek_state_directory(tmp_path / "c.toml").path == tmp_path / "s"


def test_a_socket_path_too_long_for_the_kernel_moves_to_a_private_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fallback is short enough, the same every time, and in a directory of the user's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    deep = StateDirectory(tmp_path / ("d" * 120))
    assert len(os.fsencode(deep.socket)) <= SOCKET_PATH_LIMIT
    assert deep.socket == StateDirectory(tmp_path / ("d" * 120)).socket
    assert deep.socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_fallback_directory_open_to_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may have made it first."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / f"curatord-{os.getuid()}").mkdir(mode=0o755)
    with pytest.raises(AccessError, match="not private"):
        _ = StateDirectory(tmp_path / ("d" * 120)).socket


def test_the_state_directory_is_made_private(tmp_path: Path) -> None:
    """Even one that was open to others is closed."""
    (tmp_path / "s").mkdir(mode=0o755)
    StateDirectory(tmp_path / "s").create()
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700


def test_a_state_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    """A file in the way is told with its path and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(AccessError, match=r"file/s cannot be made"):
        StateDirectory(tmp_path / "file" / "s").create()
