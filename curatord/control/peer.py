"""Who is at the other end of a Unix socket, as the kernel knows it."""

from __future__ import annotations

import socket
import struct
import sys

from curatord.errors import AccessError

# sys/un.h and sys/ucred.h of macOS; Python's socket module does not have them everywhere.
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 0x001
_XUCRED_VERSION = 0
_XUCRED_HEAD = struct.Struct("=II")  # struct xucred begins with cr_version and cr_uid
_XUCRED_BYTES = 76  # then a short, padded, and 16 group ids

_UCRED = struct.Struct("=iII")  # struct ucred of Linux: pid, uid, gid


def peer_uid(connection: socket.socket) -> int:
    """Return the user id of the process that connected; raise AccessError where the kernel does not tell."""
    if connection.family != socket.AF_UNIX:
        raise AccessError("The client is not at a Unix socket.")
    try:
        if sys.platform == "linux":
            data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
            return parse_ucred(data)
        data = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_BYTES)
    except OSError as error:
        raise AccessError(f"The client's user is unknown: {error.strerror}.") from error
    return parse_xucred(data)


def parse_ucred(data: bytes) -> int:
    """Return the user id in what SO_PEERCRED gives (unix(7)); raise AccessError where it is not whole."""
    if len(data) != _UCRED.size:
        raise AccessError("The client's credentials are cut short.")
    return int(_UCRED.unpack(data)[1])


def parse_xucred(data: bytes) -> int:
    """Return the user id in what LOCAL_PEERCRED gives; raise AccessError for any version but 0."""
    if len(data) < _XUCRED_HEAD.size:
        raise AccessError("The client's credentials are cut short.")
    version, uid = _XUCRED_HEAD.unpack_from(data)
    if version != _XUCRED_VERSION:
        raise AccessError(f"The client's credentials are of an unknown version ({version}).")
    return int(uid)
