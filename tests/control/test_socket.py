"""The socket's file."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from curatord.control.socket import bind
from curatord.errors import AccessError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_socket_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    """0600 on the file; the directory is 0700 besides."""
    before = os.umask(0)
    try:
        with bind(tmp_path / "c.sock"):
            assert stat.S_IMODE((tmp_path / "c.sock").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_nobody_can_connect_before_the_server_listens(tmp_path: Path) -> None:
    """There is no moment at which the socket is open with another mode."""
    with bind(tmp_path / "c.sock"), socket.socket(socket.AF_UNIX) as client, pytest.raises(ConnectionRefusedError):
        client.connect(str(tmp_path / "c.sock"))


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    """A daemon that was killed leaves one behind."""
    bind(tmp_path / "c.sock").close()
    with bind(tmp_path / "c.sock") as control:
        assert control.getsockname() == str(tmp_path / "c.sock")


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """It is not ours."""
    (tmp_path / "c.sock").write_text("precious")
    with pytest.raises(AccessError, match=r"c\.sock is in the way"):
        bind(tmp_path / "c.sock")
    assert (tmp_path / "c.sock").read_text() == "precious"


def test_a_directory_or_link_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """Also a link to a socket: who made it may have made it to another's."""
    (tmp_path / "directory").mkdir()
    bind(tmp_path / "real.sock").close()
    (tmp_path / "link").symlink_to(tmp_path / "real.sock")
    for name in ("directory", "link"):
        with pytest.raises(AccessError):
            bind(tmp_path / name)
    assert (tmp_path / "real.sock").exists()


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message says which socket and why."""
    with pytest.raises(AccessError, match=r"none/c\.sock cannot be made: No such file"):
        bind(tmp_path / "none" / "c.sock")
