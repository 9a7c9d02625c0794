"""Who is at the other end."""

from __future__ import annotations

import os
import socket
import struct

import pytest

from curatord.control.peer import parse_ucred, parse_xucred, peer_uid
from curatord.errors import AccessError


def test_the_kernel_tells_the_user_at_the_other_end() -> None:
    """Ours, of a pair of our own."""
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.getuid()


def test_a_client_at_another_kind_of_socket_is_unknown() -> None:
    """A TCP connection has no user."""
    with socket.socket(socket.AF_INET) as connection, pytest.raises(AccessError):
        peer_uid(connection)


def test_the_credentials_of_linux_are_pid_uid_gid() -> None:
    """struct ucred of unix(7)."""
    assert parse_ucred(struct.pack("=iII", 10, 501, 20)) == 501


def test_the_credentials_of_macos_begin_with_version_and_uid() -> None:
    """struct xucred of sys/ucred.h: version, uid, number of groups, sixteen groups."""
    assert parse_xucred(struct.pack("=IIh2x16I", 0, 501, 1, *range(16))) == 501


@pytest.mark.parametrize("data", [b"", b"\0" * 7, struct.pack("=II", 1, 501)])
def test_credentials_of_macos_that_are_not_known_are_refused(data: bytes) -> None:
    """Cut short, or of another version: nobody is let in on a guess."""
    with pytest.raises(AccessError):
        parse_xucred(data)


@pytest.mark.parametrize("data", [b"", b"\0" * 11, b"\0" * 13])
def test_credentials_of_linux_that_are_cut_short_are_refused(data: bytes) -> None:
    """Nobody is let in on a guess."""
    with pytest.raises(AccessError):
        parse_ucred(data)
