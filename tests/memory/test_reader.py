"""Reading files that may be anything, and may change meanwhile."""

from __future__ import annotations

import os
import pickle
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curatord.memory.reader import ReadProblem, read_file

if TYPE_CHECKING:
    from collections.abc import Callable


def code_of(path: Path, max_bytes: int = 1000) -> str:
    """Return the code of the problem that reading `path` meets."""
    with pytest.raises(ReadProblem) as problem:
        read_file(path, max_bytes=max_bytes)
    assert str(path) in problem.value.message
    return problem.value.code


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """A regular file gives its bytes, up to and with the limit."""
    path = tmp_path / "note.md"
    path.write_bytes(b"# Note\r\n\xff")
    assert read_file(path, max_bytes=9) == b"# Note\r\n\xff"


def test_an_empty_file_is_read(tmp_path: Path) -> None:
    """An empty file is a file."""
    path = tmp_path / "note.md"
    path.touch()
    assert read_file(path, max_bytes=10) == b""


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    """One byte over the limit is too much."""
    path = tmp_path / "note.md"
    path.write_bytes(b"x" * 11)
    assert code_of(path, max_bytes=10) == "too_large"


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    """A path without a file, or below a file, is missing."""
    (tmp_path / "file").touch()
    assert code_of(tmp_path / "note.md") == "missing"
    assert code_of(tmp_path / "file" / "note.md") == "missing"


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """A link is refused, to a file, to itself, or to nothing."""
    (tmp_path / "real.md").write_text("secret")
    for name, target in (("file.md", "real.md"), ("loop.md", "loop.md"), ("nothing.md", "absent")):
        (tmp_path / name).symlink_to(target)
        assert code_of(tmp_path / name) == "symlink"


@pytest.mark.timeout(10)
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    """A FIFO that nobody writes to is refused at once."""
    os.mkfifo(tmp_path / "note.md")
    assert code_of(tmp_path / "note.md") == "not_a_file"


def test_a_socket_is_refused() -> None:
    """A Unix socket is no file; its path is bounded, so it stands in a short directory."""
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listener:
        path = Path(short) / "note.md"
        listener.bind(str(path))
        assert code_of(path) == "not_a_file"


def test_a_directory_and_a_device_are_refused(tmp_path: Path) -> None:
    """What opens for reading but is no regular file is refused."""
    assert code_of(tmp_path) == "not_a_file"
    assert code_of(Path("/dev/zero")) == "not_a_file"


def test_a_file_without_permission_is_unreadable(unprivileged_root: Path) -> None:
    """A file that this user may not read is unreadable, with a hint."""
    path = unprivileged_root / "note.md"
    path.write_text("x")
    path.chmod(0)
    assert code_of(path) == "unreadable"


def test_a_name_that_is_too_long_is_unreadable(tmp_path: Path) -> None:
    """Any other refusal of the system is unreadable."""
    assert code_of(tmp_path / ("x" * 300)) == "unreadable"


def _while_running(change: Callable[[], None], read: Callable[[], None]) -> None:
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            change()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        read()
    finally:
        stop.set()
        thread.join()


def test_a_file_that_never_rests_is_changing(tmp_path: Path) -> None:
    """A file that grows under every attempt is given up as changing."""
    path = tmp_path / "note.md"
    path.touch()
    os.truncate(path, 64_000_000)  # a hole takes no disk, and long enough to read to be touched meanwhile
    times = iter(range(10**9))

    def touch() -> None:
        moment = next(times)
        os.utime(path, ns=(moment, moment))

    _while_running(touch, lambda: _expect_changing(path))


def _expect_changing(path: Path) -> None:
    assert code_of(path, max_bytes=100_000_000) == "changing"


def test_a_file_replaced_while_read_is_never_mixed(tmp_path: Path) -> None:
    """Under atomic replacement, what is read is one of the versions, whole."""
    path = tmp_path / "note.md"
    path.write_bytes(b"a" * 100_000)
    letters = iter(b"abcdefgh" * 10**6)

    def replace() -> None:
        new = tmp_path / "new"
        new.write_bytes(bytes([next(letters)]) * 100_000)
        new.replace(path)

    def read() -> None:
        for _ in range(50):
            try:
                data = read_file(path, max_bytes=200_000)
            except ReadProblem as problem:
                assert problem.code == "changing"  # noqa: PT017  # both ends are right here
                continue
            assert len(data) == 100_000
            assert len(set(data)) == 1

    _while_running(replace, read)


def test_a_problem_crosses_processes() -> None:
    """A worker process can send a problem back as it is."""
    problem = pickle.loads(pickle.dumps(ReadProblem("x is gone.", code="missing", hint="Look.")))
    assert (problem.code, problem.message, problem.hint) == ("missing", "x is gone.", "Look.")
